import { setTimeout as elapsed } from 'node:timers/promises';
import postgres from 'postgres';
import { connectImpatiently } from './connect-impatiently.js';
import { isCrowded } from './is-unavailable.js';

export type Database = postgres.Sql;
export type Transaction = postgres.TransactionSql;

export interface DatabaseOptions {
  /** PostgreSQL schema of the tables; every name in a query is looked up there. */
  readonly schema: string;
  /** Shown in `pg_stat_activity`. */
  readonly name: string;
  /** Most connections at a time. */
  readonly max?: number;
  /** The server cancels a statement that takes longer. A second later its connection is given up here. */
  readonly statementTimeoutMs?: number;
  readonly connectTimeoutMs?: number;
}

/**
 * A pool that connects on first use. Close it with `end({ timeout: seconds })`. Queries reject with PostgreSQL's
 * error, with `CONNECT_TIMEOUT` or a socket error when the server cannot be reached, or with `CONNECTION_CLOSED` when it
 * falls silent.
 */
export function openDatabase(url: string, options: DatabaseOptions): Database {
  const { schema, name, max = 10, statementTimeoutMs = 5_000, connectTimeoutMs = 3_000 } = options;
  return postgres(url, {
    max,
    // Left to the server alone, a statement would wait for ever for one that is gone without a word.
    // The driver documents the option; its types lack it.
    ...{ socket: connectImpatiently(statementTimeoutMs + 1_000, sslModeOf(url)) },
    // Spoken under the driver, not by it.
    ssl: false,
    // The driver counts in seconds.
    connect_timeout: connectTimeoutMs / 1_000,
    idle_timeout: 60,
    // Its own would let queries wait for up to 20 s before each attempt: who asks is told at once, and asks again.
    backoff: () => 0,
    connection: {
      application_name: name,
      search_path: schema,
      statement_timeout: statementTimeoutMs,
      // A process that died in the middle of a transaction must not hold its locks.
      idle_in_transaction_session_timeout: 10_000,
    },
    onnotice: () => undefined,
  });
}

/** What the URL, or the environment of PostgreSQL's tools, asks for: read by the driver, which connects to nothing yet. */
function sslModeOf(url: string): unknown {
  return postgres(url, { max: 1 }).options.ssl;
}

/** Asks a database over a connection of its own whether it answers. @throws Error when it does not within `timeoutMs`. */
export async function pingDatabase(
  url: string,
  options: Pick<DatabaseOptions, 'schema' | 'name'>,
  timeoutMs = 3_000,
): Promise<void> {
  const database = openDatabase(url, { ...options, max: 1, connectTimeoutMs: timeoutMs });
  const late = new AbortController();
  try {
    await Promise.race([
      database`select 1`,
      elapsed(timeoutMs, undefined, { signal: late.signal }).then(() => {
        throw new Error(`no answer within ${timeoutMs} ms`);
      }),
    ]);
  } catch (error) {
    if (!isCrowded(error)) throw error;
  } finally {
    late.abort();
    void database.end({ timeout: 0 });
  }
}
