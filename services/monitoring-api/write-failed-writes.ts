import { appendAuditEvents } from '../shared/storage/audit/append-audit-events.js';
import type { Database } from '../shared/storage/database.js';
import type { Logger } from '../shared/telemetry/logger.js';
import type { FailedWrites } from './failed-writes.js';

export interface WriteFailedWritesOptions {
  readonly failedWrites: FailedWrites;
  readonly database: Database;
  /** Prepares the tables; asked until it succeeds. */
  readonly migrate: () => Promise<void>;
  readonly logger: Logger;
}

/** A task that writes what is due into the audit. What cannot be written waits for the next time. Never throws. */
export function writeFailedWrites(
  options: WriteFailedWritesOptions,
): (now: number) => Promise<void> {
  const { failedWrites, database, migrate, logger } = options;
  let prepared = false;
  let failing = false;
  return async (now) => {
    try {
      if (!prepared) await migrate();
      prepared = true;
      const events = failedWrites.due(now);
      if (events.length > 0) {
        await database.begin((transaction) => appendAuditEvents(transaction, events));
        failedWrites.written(events);
      }
      failing = false;
    } catch (error) {
      if (!failing) logger.warn({ err: error }, 'could not write to the audit; will try again');
      failing = true;
    }
  };
}
