import type { RunbookName } from '../../configuration/policy.schema.js';
import type { Runbook } from './define-runbook.js';
import { restart } from './restart.runbook.js';
import { rollback } from './rollback.runbook.js';

export const runbooks: Readonly<Record<RunbookName, Runbook>> = { restart, rollback };
