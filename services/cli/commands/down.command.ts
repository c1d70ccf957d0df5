import { closeStack } from '../../../deploy/local/open-stack.js';
import type { RegisterCommand } from '../command.js';
import { runningStacks } from '../find-backends.js';
import { stackName } from '../stack-name.js';

interface DownOptions {
  readonly name: string;
  readonly purge?: boolean;
}

export const registerDown: RegisterCommand = (program, { note }) => {
  program
    .command('down')
    .description('End the local stack, and whatever a dead one left running')
    .option('--name <name>', 'which stack', stackName, 'default')
    .option('--purge', 'remove its databases, logs and settings too')
    .action(async ({ name, purge = false }: DownOptions) => {
      const ended = await closeStack(name, purge);
      if (!ended) {
        const others = (await runningStacks()).map((stack) => `--name ${stack.name}`).join(', ');
        note(
          `stack ${name} is not running: nothing to end${others === '' ? '' : `. Others run: ${others}`}`,
        );
      } else note(`stack ${name} has ended${purge ? ' and its data is removed' : ''}`);
    });
};
