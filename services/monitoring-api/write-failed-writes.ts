import { appendAuditEvents } from '../shared/storage/audit/append-audit-events.js';
import { unrecordedWindows } from '../shared/storage/audit/unrecorded-windows.js';
import type { Database } from '../shared/storage/database.js';
import { isRefusedForGood } from '../shared/storage/is-refused-for-good.js';
import type { Logger } from '../shared/telemetry/logger.js';
import type { FailedWindow } from './failed-window.js';
import type { FailedWrites } from './failed-writes.js';

/** Windows of one transaction: at most 880 events, a quarter of what one statement can hold. */
const batchSize = 40;

export interface WriteFailedWritesOptions {
  readonly failedWrites: FailedWrites;
  readonly database: Database;
  /** Prepares the tables; asked until it succeeds. */
  readonly migrate: () => Promise<void>;
  readonly logger: Logger;
}

/**
 * A task that writes what is due into the audit. What cannot be written now waits for the next time. Never throws.
 *
 * Nothing is recorded twice: a window of a pod is recorded whole or not at all, and only while nothing in it is, so
 * that a monitor that starts anew, or a second one, may gather it again and in other groups. What a pod tells only after
 * its window was recorded is therefore not added: counts are lower bounds.
 */
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
      const windows = failedWrites.due(now);
      for (let first = 0; first < windows.length; first += batchSize) {
        const batch = windows.slice(first, first + batchSize);
        await writeAll(batch, options);
        failedWrites.written(batch);
      }
      failing = false;
    } catch (error) {
      if (!failing) logger.warn({ err: error }, 'could not write to the audit; will try again');
      failing = true;
    }
  };
}

type Target = Pick<WriteFailedWritesOptions, 'database' | 'logger'>;

async function writeAll(windows: readonly FailedWindow[], target: Target): Promise<void> {
  try {
    await target.database.begin(async (sql) => {
      const unrecorded = await unrecordedWindows(sql, windows);
      await appendAuditEvents(
        sql,
        unrecorded.flatMap((window) => window.events()),
      );
    });
  } catch (error) {
    if (!isRefusedForGood(error)) throw error;
    for (const window of windows) await writeAcceptable(window, target);
  }
}

/** One by one: an event that the database refuses for good must not keep the others waiting. */
async function writeAcceptable(window: FailedWindow, { database, logger }: Target): Promise<void> {
  await database.begin(async (sql) => {
    const unrecorded = await unrecordedWindows(sql, [window]);
    for (const event of unrecorded.flatMap((window) => window.events())) {
      try {
        await sql.savepoint((part) => appendAuditEvents(part, [event]));
      } catch (error) {
        if (!isRefusedForGood(error)) throw error;
        logger.error({ err: error, event }, 'left out of the audit');
      }
    }
  });
}
