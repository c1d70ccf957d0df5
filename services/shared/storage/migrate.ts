import { readdir } from 'node:fs/promises';
import type { Logger } from '../telemetry/logger.js';
import type { Database } from './database.js';
import { openDatabase } from './database.js';

const migrationsTable = 'migrations';

export interface MigrateOptions {
  readonly databaseUrl: string;
  /** PostgreSQL schema that holds the tables and the record of what has run. Created when missing. */
  readonly schema: string;
  /** Folder of `0001_what-it-does.sql` files, applied in the order of their numbers. Never edit one that has run. */
  readonly folder: string;
  readonly logger: Logger;
  /** Bounds connecting, waiting for another process's migration, and each statement. */
  readonly timeoutMs?: number;
}

/**
 * Brings a schema up to date and returns the names of the migrations it applied (empty when there was nothing to do).
 * All pending ones run in one transaction, under an advisory lock: processes that start together wait for each other.
 * @throws Error naming the schema when the database cannot be reached or a migration fails; nothing is half-done.
 */
export async function migrate(options: MigrateOptions): Promise<string[]> {
  const { databaseUrl, schema, folder, logger, timeoutMs = 30_000 } = options;
  try {
    if (await isUpToDate(options)) return [];
    // Loaded only when needed: it takes longer to load than a service takes to start.
    const { runner } = await import('node-pg-migrate');
    const applied = await runner({
      databaseUrl: {
        connectionString: databaseUrl,
        application_name: `migrate ${schema}`,
        connectionTimeoutMillis: timeoutMs,
        statement_timeout: timeoutMs,
        // Ours, for a server that falls silent.
        query_timeout: timeoutMs + 1_000,
      },
      dir: folder,
      direction: 'up',
      schema,
      createSchema: true,
      migrationsTable,
      advisoryLockMode: 'wait',
      logger: {
        debug: ignore,
        info: ignore,
        warn: (message) => {
          logger.warn({ schema }, message);
        },
        error: ignore,
      },
    });
    const names = applied.map(({ name }) => name);
    if (names.length > 0) logger.info({ schema, migrations: names }, 'database migrated');
    return names;
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new Error(
      `could not migrate schema ${schema}: ${cause}; check DATABASE_URL and the files in ${folder}`,
      { cause: error },
    );
  }
}

/** True when every file of the folder is recorded as run. Cheap: the usual case when a process starts. */
async function isUpToDate({ databaseUrl, schema, folder }: MigrateOptions): Promise<boolean> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql'));
  const database = openDatabase(databaseUrl, { schema, name: `migrate ${schema}`, max: 1 });
  try {
    const done = await readApplied(database, schema);
    return files.every((file) => done.has(file.replace(/\.sql$/, '')));
  } finally {
    await database.end({ timeout: 1 });
  }
}

async function readApplied(database: Database, schema: string): Promise<Set<string>> {
  const [table] = await database<{ exists: boolean }[]>`
    select to_regclass(${`"${schema}".${migrationsTable}`}) is not null as exists`;
  if (table?.exists !== true) return new Set();
  const rows = await database<{ name: string }[]>`select name from ${database(migrationsTable)}`;
  return new Set(rows.map(({ name }) => name));
}

function ignore(): void {
  // The runner's own progress lines would mix with the process's log.
}
