import { appendModeChange } from '../shared/storage/audit/append-mode-change.js';
import type { Database } from '../shared/storage/database.js';
import type { Logger } from '../shared/telemetry/logger.js';
import type { ModeChanges } from './mode-changes.js';

/** A task that records what has changed. What cannot be written now waits for the next time. Never throws. */
export function writeModeChanges({
  changes,
  database,
  logger,
}: {
  readonly changes: ModeChanges;
  readonly database: Database;
  readonly logger: Logger;
}): () => Promise<void> {
  let failing = false;
  return async () => {
    try {
      for (const seen of changes.due()) {
        await database.begin((sql) => appendModeChange(sql, seen));
        changes.recorded(seen);
      }
      failing = false;
    } catch (error) {
      if (!failing) logger.warn({ err: error }, 'could not record a mode; will try again');
      failing = true;
    }
  };
}
