import Table from 'cli-table3';
import { findRunningStack } from '../../../deploy/local/open-stack.js';
import { CommandFailure, exitCodes, type RegisterCommand } from '../command.js';
import { describeStack } from '../describe-stack.js';
import { stackName } from '../stack-name.js';

interface StatusOptions {
  readonly name: string;
  readonly json?: boolean;
}

/** All parts of the frame: a plain table can be cut and searched. */
const borders = [
  'top',
  'top-mid',
  'top-left',
  'top-right',
  'bottom',
  'bottom-mid',
  'bottom-left',
  'bottom-right',
  'left',
  'left-mid',
  'mid',
  'mid-mid',
  'right',
  'right-mid',
  'middle',
] as const;

export const registerStatus: RegisterCommand = (program, { print }) => {
  program
    .command('status')
    .description('Show whether the local stack runs, its processes and its addresses')
    .option('--name <name>', 'which stack', stackName, 'default')
    .option('--json', 'print JSON')
    .action(async ({ name, json = false }: StatusOptions) => {
      const stack = await findRunningStack(name);
      if (stack === null) {
        throw new CommandFailure(
          `stack ${name} is not running. Start it with: npx runbook up${name === 'default' ? '' : ` --name ${name}`}`,
          exitCodes.unreachable,
        );
      }
      const processes = await stack.processes();
      if (json) {
        print(JSON.stringify({ ...stack.info, processes }, null, 2));
        return;
      }
      const table = new Table({
        head: ['process', 'state', 'pid', 'restarts'],
        style: { head: [], border: [], 'padding-left': 0 },
        chars: Object.fromEntries(borders.map((border) => [border, ''])),
      });
      for (const { name: process, state, pid, restarts } of processes) {
        table.push([process, state, pid ?? '', restarts]);
      }
      print(table.toString());
      describeStack(stack.info).forEach(print);
    });
};
