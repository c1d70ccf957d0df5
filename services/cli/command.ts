import type { Command } from 'commander';
import type { Environment } from '../../configuration/environment.js';

export const exitCodes = {
  /** Done, or recovered. */
  done: 0,
  /** Failed, or not recovered. */
  failed: 1,
  badUsage: 2,
  /** By a guardrail or a person. */
  refused: 3,
  /** Unproven, or timed out. */
  unproven: 4,
  unreachable: 5,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Ends the command with this exit code; the message says what went wrong and what to do next. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';

  constructor(
    message: string,
    readonly exitCode: ExitCode,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export interface CliContext {
  readonly environment: Environment;
  /** One line on stdout: results. */
  readonly print: (line: string) => void;
  /** One line on stderr: progress and remarks, out of the way of a pipe. */
  readonly note: (line: string) => void;
  /** Asks a person and gives the line they answered; null where nobody sits at a terminal. */
  readonly ask: ((question: string) => Promise<string>) | null;
}

/** Adds its command to the program. One per file under `commands/`, listed in `commands.ts`. */
export type RegisterCommand = (program: Command, context: CliContext) => void;
