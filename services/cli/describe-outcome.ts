import type { Outcome } from '../../activities/contracts/registry.contract.js';
import { exitCodes } from './command.js';
import type { ExitCode } from './command.js';

const codes: Readonly<Record<Outcome, ExitCode>> = {
  recovered: exitCodes.done,
  'recovered-with-debt': exitCodes.done,
  'self-recovered': exitCodes.done,
  'false-alarm': exitCodes.done,
  'handled-by-hand': exitCodes.done,
  aborted: exitCodes.refused,
  unresolved: exitCodes.failed,
};

/** How a command that waited for an incident ends. */
export const exitCodeOf = (outcome: Outcome): ExitCode => codes[outcome];
