import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Command, CommanderError } from 'commander';
import { readEnvironment, type Environment } from '../../configuration/environment.js';
import { packageRoot } from '../../deploy/local/package-root.js';
import { askOnTerminal } from './ask-on-terminal.js';
import { CommandFailure, exitCodes, type CliContext, type ExitCode } from './command.js';
import { commands } from './commands.js';

// Whoever read our output has enough of it (`| head`): no reason to complain.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  throw error;
});
process.exitCode = await main(process.argv);

async function main(argv: readonly string[]): Promise<ExitCode> {
  try {
    const context: CliContext = {
      environment: checkedEnvironment(),
      ask: askOnTerminal(),
      print: (line) => {
        process.stdout.write(`${line}\n`);
      },
      note: (line) => {
        process.stderr.write(`${line}\n`);
      },
    };
    await createProgram(context).parseAsync(argv);
    return exitCodes.done;
  } catch (error) {
    // Commander has already written what it had to say.
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? exitCodes.done : exitCodes.badUsage;
    }
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof CommandFailure ? error.exitCode : exitCodes.failed;
  }
}

function checkedEnvironment(): Environment {
  try {
    return readEnvironment();
  } catch (error) {
    throw new CommandFailure((error as Error).message, exitCodes.badUsage, { cause: error });
  }
}

function createProgram(context: CliContext): Command {
  const { version } = JSON.parse(readFileSync(path.join(packageRoot, 'package.json'), 'utf8')) as {
    version: string;
  };
  const program = new Command('runbook')
    .description('Runbooks as durable workflows: from an alert to a verified recovery')
    .version(version)
    .showHelpAfterError('Try --help.')
    .exitOverride();
  for (const register of commands) register(program, context);
  return program;
}
