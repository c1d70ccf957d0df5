import type { AuditEvent } from '../shared/storage/audit/audit-event.js';
import { appendAuditEvents } from '../shared/storage/audit/append-audit-events.js';
import type { Database } from '../shared/storage/database.js';
import { isRefusedForGood } from '../shared/storage/is-refused-for-good.js';
import type { Logger } from '../shared/telemetry/logger.js';
import type { FailedWrites } from './failed-writes.js';

export interface WriteFailedWritesOptions {
  readonly failedWrites: FailedWrites;
  readonly database: Database;
  /** Prepares the tables; asked until it succeeds. */
  readonly migrate: () => Promise<void>;
  readonly logger: Logger;
}

/** A task that writes what is due into the audit. What cannot be written now waits for the next time. Never throws. */
export function writeFailedWrites(
  options: WriteFailedWritesOptions,
): (now: number) => Promise<void> {
  const { failedWrites, migrate, logger } = options;
  let prepared = false;
  let failing = false;
  return async (now) => {
    try {
      if (!prepared) await migrate();
      prepared = true;
      const events = failedWrites.due(now);
      if (events.length > 0) {
        await writeAll(events, options);
        failedWrites.written(events);
      }
      failing = false;
    } catch (error) {
      if (!failing) logger.warn({ err: error }, 'could not write to the audit; will try again');
      failing = true;
    }
  };
}

/** One by one where the database refuses them together: one that it refuses for good must not keep the others waiting. */
async function writeAll(
  events: readonly AuditEvent[],
  { database, logger }: Pick<WriteFailedWritesOptions, 'database' | 'logger'>,
): Promise<void> {
  const isRefused = async (some: readonly AuditEvent[]): Promise<boolean> => {
    try {
      await database.begin((transaction) => appendAuditEvents(transaction, some));
      return false;
    } catch (error) {
      if (!isRefusedForGood(error)) throw error;
      if (some.length === 1) logger.error({ err: error, event: some[0] }, 'left out of the audit');
      return true;
    }
  };
  if (!(await isRefused(events)) || events.length === 1) return;
  for (const event of events) await isRefused([event]);
}
