import { readdir } from 'node:fs/promises';
import type { Database } from '../shared/storage/database.js';
import { packageFolder } from '../shared/storage/package-folder.js';
import type { Logger } from '../shared/telemetry/logger.js';
import type { Breaker } from './breaker.js';
import type { Circumstances, Unmet } from './preconditions.js';
import { findUnmet } from './preconditions.js';
import { readDatabaseFacts } from './read-database-facts.js';
import type { MonitoringAddress } from './read-health.js';
import { readHealth } from './read-health.js';
import { readPulse } from './read-pulse.js';

export const migrationsFolder = 'services/outbound-api/migrations';

export interface PreconditionSources {
  readonly database: Database;
  /** Null: nothing is dispatched here. */
  readonly breaker: Breaker | null;
  readonly monitoring: MonitoringAddress;
  readonly logger: Logger;
}

/** What stands against a retry at this moment. Those who ask at once share one look. */
export function createPreconditions(sources: PreconditionSources): () => Promise<Unmet[]> {
  const migrations = listMigrations();
  let looking: Promise<Unmet[]> | undefined;
  const look = async (): Promise<Unmet[]> => {
    const [stored, health] = await Promise.all([
      readStored(sources, await migrations),
      readHealth(sources.monitoring),
    ]);
    return findUnmet({ breaker: sources.breaker?.state ?? null, stored, health });
  };
  return () => (looking ??= look().finally(() => (looking = undefined)));
}

async function readStored(
  { database, logger }: PreconditionSources,
  migrations: readonly string[],
): Promise<Circumstances['stored']> {
  try {
    const [pulse, facts] = await Promise.all([
      readPulse(database),
      readDatabaseFacts(database, migrations),
    ]);
    return { pulse, database: facts };
  } catch (error) {
    logger.warn({ err: error }, 'could not read what a retry needs to know');
    return null;
  }
}

/** Names of the migrations this release brings, as the database records them. */
async function listMigrations(): Promise<string[]> {
  const files = await readdir(packageFolder(migrationsFolder));
  return files.filter((file) => file.endsWith('.sql')).map((file) => file.replace(/\.sql$/, ''));
}
