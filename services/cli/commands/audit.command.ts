import type { Command } from 'commander';
import { readAuditChain } from '../../shared/storage/audit/read-audit-events.js';
import { verifyAuditChain } from '../../shared/storage/audit/verify-audit-chain.js';
import type { AuditVerdict } from '../../shared/storage/audit/verify-audit-chain.js';
import { openRegistry } from '../../shared/storage/registry/open-registry.js';
import { CommandFailure, exitCodes } from '../command.js';
import type { CliContext, RegisterCommand } from '../command.js';
import { findBackends } from '../find-backends.js';
import { stackName, stackNameHelp } from '../stack-name.js';

interface VerifyOptions {
  readonly noted?: string;
  readonly name?: string;
  readonly json?: boolean;
}

const pageSize = 1_000;

export const registerAudit: RegisterCommand = (program, context) => {
  const audit = program.command('audit').description('The record of what was done and what failed');
  registerVerify(audit, context);
};

function registerVerify(audit: Command, { environment, print }: CliContext): void {
  audit
    .command('verify')
    .description('Check that no audit event was changed, taken out or put in; exit code 1 if so')
    .option('--noted <hash>', 'a head printed earlier: fail when the chain no longer holds it')
    .option('--name <name>', stackNameHelp, stackName)
    .option('--json', 'print JSON')
    .action(async ({ noted, name, json = false }: VerifyOptions) => {
      const { registryUrl } = await findBackends(environment, name);
      const url = await registryUrl();
      if (url === undefined) {
        throw new CommandFailure(
          'could not find the audit: set DATABASE_URL, or say which local stack with --name',
          exitCodes.badUsage,
        );
      }
      const verdict = await verify(url, noted ?? null);
      if (json) print(JSON.stringify(verdict));
      if (!verdict.intact) {
        throw new CommandFailure(
          `the audit is broken: event ${verdict.position}: ${verdict.reason}`,
          exitCodes.failed,
        );
      }
      if (!json) print(`intact: ${verdict.events} events, head ${verdict.head}`);
    });
}

async function verify(url: string, noted: string | null): Promise<AuditVerdict> {
  const sql = openRegistry(url, 'runbook audit');
  try {
    return await verifyAuditChain((position) => readAuditChain(sql, position, pageSize), noted);
  } catch (error) {
    throw new CommandFailure(
      `could not read the audit: ${(error as Error).message}`,
      exitCodes.unreachable,
      { cause: error },
    );
  } finally {
    await sql.end({ timeout: 1 });
  }
}
