import type { Database } from '../shared/storage/database.js';
import type { TemporalClient } from '../shared/temporal/temporal-client.js';

/** Why an alert could not be stored now: what does not answer, Temporal or the database. Empty when both do. */
export async function findFaults({
  sql,
  temporal,
}: {
  readonly sql: Database;
  readonly temporal: TemporalClient;
}): Promise<string[]> {
  const [temporalFault, databaseFault] = await Promise.all([
    faultOf(temporal.check()),
    faultOf(sql`select 1`),
  ]);
  return [
    ...(temporalFault === null ? [] : [`Temporal: ${temporalFault}`]),
    ...(databaseFault === null ? [] : [`database: ${databaseFault}`]),
  ];
}

async function faultOf(check: PromiseLike<unknown>): Promise<string | null> {
  try {
    await check;
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
