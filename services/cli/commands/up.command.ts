import { setTimeout as sleep } from 'node:timers/promises';
import { openStack } from '../../../deploy/local/open-stack.js';
import { isAlive } from '../../../deploy/local/process-identity.js';
import { CommandFailure, exitCodes, type RegisterCommand } from '../command.js';
import { describeStack } from '../describe-stack.js';
import { stackName } from '../stack-name.js';

interface UpOptions {
  readonly name: string;
  readonly withPrometheus?: boolean;
  readonly detach?: boolean;
}

export const registerUp: RegisterCommand = (program, { print, note }) => {
  program
    .command('up')
    .description('Start the local stack: Temporal, Kubernetes, PostgreSQL, the services and us')
    .option('--name <name>', 'stacks of different names run side by side', stackName, 'default')
    .option('--with-prometheus', 'let real Prometheus and Alertmanager raise the alerts')
    .option('--detach', 'return when it is ready and leave it running')
    .action(async ({ name, withPrometheus = false, detach = false }: UpOptions) => {
      const stack = await openStack({ name, withPrometheus, keep: detach, onProgress: note });
      if (stack.found) note(`stack ${name} is up already`);
      describeStack(stack.info).forEach(print);
      if (stack.found || detach) {
        note(`end it with: npx runbook down${name === 'default' ? '' : ` --name ${name}`}`);
        return;
      }
      note('end it with Ctrl-C');
      const interrupted = new AbortController();
      for (const signal of ['SIGINT', 'SIGTERM'] as const) {
        process.once(signal, () => {
          interrupted.abort();
        });
      }
      while (isAlive(stack.info.supervisor) && !interrupted.signal.aborted) {
        await sleep(500, undefined, { signal: interrupted.signal }).catch(() => undefined);
      }
      if (!interrupted.signal.aborted) {
        throw new CommandFailure(
          `stack ${name} has ended. See ${stack.info.logFolder}/supervisor.log`,
          exitCodes.failed,
        );
      }
      note('tearing down…');
      await stack.close();
    });
};
