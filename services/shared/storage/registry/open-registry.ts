import type { Logger } from '../../telemetry/logger.js';
import type { Database } from '../database.js';
import { openDatabase } from '../database.js';
import { migrate } from '../migrate.js';
import { packageFolder } from '../package-folder.js';

const schema = 'registry';

/** `name`: the process, shown in `pg_stat_activity`. Connects on first use. */
export function openRegistry(databaseUrl: string, name: string): Database {
  return openDatabase(databaseUrl, { schema, name });
}

/** Brings the registry's tables up to date; every process that uses them does so when it starts. */
export async function migrateRegistry(databaseUrl: string, logger: Logger): Promise<void> {
  const folder = packageFolder('services/shared/storage/registry/migrations');
  await migrate({ databaseUrl, schema, folder, logger });
}
