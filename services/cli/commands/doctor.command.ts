import { loadConfiguration } from '../../../configuration/load-configuration.js';
import { examine, type Finding } from '../../../deploy/local/doctor.js';
import { CommandFailure, exitCodes, type RegisterCommand } from '../command.js';

interface DoctorOptions {
  readonly configurationOnly?: boolean;
  readonly json?: boolean;
}

export const registerDoctor: RegisterCommand = (program, { environment, print }) => {
  program
    .command('doctor')
    .description('Check what the local stack needs: Node, Go, tools, ports, disk, configuration')
    .option('--configuration-only', 'check the configuration files and nothing else')
    .option('--json', 'print JSON')
    .action(async ({ configurationOnly = false, json = false }: DoctorOptions) => {
      checkConfiguration(environment.RUNBOOK_CONFIG.split(','));
      checkConfiguration(['configuration', 'configuration/local']);
      if (configurationOnly) {
        print(json ? JSON.stringify({ configuration: 'valid' }) : 'the configuration is valid');
        return;
      }
      const findings = await examine(environment);
      print(json ? JSON.stringify(findings, null, 2) : findings.map(line).join('\n'));
      const faults = findings.filter(({ verdict }) => verdict === 'fault').length;
      if (faults > 0) {
        throw new CommandFailure(
          `${faults} thing${faults === 1 ? '' : 's'} must be put right before "npx runbook up" can work: see above`,
          exitCodes.failed,
        );
      }
    });
};

function checkConfiguration(folders: readonly string[]): void {
  try {
    loadConfiguration(folders);
  } catch (error) {
    throw new CommandFailure((error as Error).message, exitCodes.badUsage, { cause: error });
  }
}

const marks = { good: 'ok     ', remark: 'note   ', fault: 'FAULT  ' } as const;
const line = ({ verdict, subject, text }: Finding): string =>
  `${marks[verdict]}${subject.padEnd(30)} ${text}`;
