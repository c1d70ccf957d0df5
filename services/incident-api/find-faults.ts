import type { Database } from '../shared/storage/database.js';
import type { Logger } from '../shared/telemetry/logger.js';
import type { TemporalClient } from '../shared/temporal/temporal-client.js';

/**
 * Why an alert could not be stored now: who does not answer, Temporal or the database. Empty when both do. Anybody may
 * ask for it, so that the cause, which names addresses, is only logged.
 */
export async function findFaults({
  sql,
  temporal,
  logger,
}: {
  readonly sql: Database;
  readonly temporal: TemporalClient;
  readonly logger: Logger;
}): Promise<string[]> {
  const isSilent = async (check: PromiseLike<unknown>, who: string): Promise<boolean> => {
    try {
      await check;
      return false;
    } catch (error) {
      logger.warn({ err: error }, `not ready: ${who} does not answer`);
      return true;
    }
  };
  const [temporalIsSilent, databaseIsSilent] = await Promise.all([
    isSilent(temporal.check(), 'Temporal'),
    isSilent(sql`select 1`, 'the database'),
  ]);
  return [
    ...(temporalIsSilent ? ['Temporal does not answer'] : []),
    ...(databaseIsSilent ? ['the database does not answer'] : []),
  ];
}
