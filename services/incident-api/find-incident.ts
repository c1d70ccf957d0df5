import { z } from '@hono/zod-openapi';
import { HttpProblem } from '../shared/http/problem.js';
import type { Database } from '../shared/storage/database.js';
import type { IncidentRecord } from '../shared/storage/registry/incident-record.js';
import { findIncident } from '../shared/storage/registry/read-incidents.js';

export const incidentId = z.object({
  id: z
    .string()
    .min(1)
    .openapi({ description: 'Name, run id, or a service for its latest', example: 'billing-7' }),
});
/** A read of the registry, whose failure is the database's: 503. */
export async function fromRegistry<T>(read: Promise<T>): Promise<T> {
  try {
    return await read;
  } catch (error) {
    throw new HttpProblem(503, 'the registry of incidents cannot be read; try again', {
      headers: { 'retry-after': '1' },
      cause: error,
    });
  }
}

/** By name, run id, or service for its latest. Otherwise 404. */
export async function requireIncident(
  sql: Database,
  environment: string,
  id: string,
): Promise<IncidentRecord> {
  // PostgreSQL takes no such text; no incident has such a name either.
  const isName = !id.includes('\0');
  const incident = isName ? await fromRegistry(findIncident(sql, environment, id)) : null;
  if (incident !== null) return incident;
  throw new HttpProblem(404, `no incident ${id} in environment ${environment}; see GET /incidents`);
}
