import { Hono } from 'hono';
import type { Readiness } from '../shared/http/health-routes.js';
import { problemResponse } from '../shared/http/problem.js';
import type { Database } from '../shared/storage/database.js';
import type { TemporalClient } from '../shared/temporal/temporal-client.js';

export interface ReadyDependencies {
  readonly sql: Database;
  readonly temporal: TemporalClient;
  readonly readiness: Readiness;
  readonly release: string;
}

/**
 * `/readyz`: ready when this process wants traffic and reaches both Temporal and its database. Unlike a service's, a
 * front door that cannot store an alert had better let its sender knock at another.
 */
export function readyRoute({ sql, temporal, readiness, release }: ReadyDependencies): Hono {
  const routes = new Hono();
  routes.get('/readyz', async (c) => {
    const [temporalFault, databaseFault] = await Promise.all([
      faultOf(temporal.check()),
      faultOf(sql`select 1`),
    ]);
    const faults = [
      readiness.reason,
      temporalFault === null ? null : `Temporal: ${temporalFault}`,
      databaseFault === null ? null : `database: ${databaseFault}`,
    ].filter((fault) => fault !== null);
    return faults.length === 0
      ? c.json({ status: 'ready', release })
      : problemResponse(c, 503, faults.join('; '), { headers: { 'retry-after': '1' } });
  });
  return routes;
}

async function faultOf(check: PromiseLike<unknown>): Promise<string | null> {
  try {
    await check;
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
