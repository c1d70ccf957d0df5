import type { RegisterCommand } from './command.js';
import { registerAudit } from './commands/audit.command.js';
import { registerDemo } from './commands/demo.command.js';
import { registerDecide } from './commands/decide.command.js';
import { registerDoctor } from './commands/doctor.command.js';
import { registerDown } from './commands/down.command.js';
import { registerIncidents } from './commands/incidents.command.js';
import { registerPostmortem } from './commands/postmortem.command.js';
import { registerRules } from './commands/rules.command.js';
import { registerStatus } from './commands/status.command.js';
import { registerUp } from './commands/up.command.js';

/** Every command of the CLI, in the order the help shows them. */
export const commands: readonly RegisterCommand[] = [
  registerDemo,
  registerUp,
  registerDown,
  registerStatus,
  registerDoctor,
  registerIncidents,
  registerDecide,
  registerPostmortem,
  registerAudit,
  registerRules,
];
