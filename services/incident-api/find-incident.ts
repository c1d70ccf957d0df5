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

/** By name, run id, or service for its latest. Otherwise 404. */
export async function requireIncident(
  sql: Database,
  environment: string,
  id: string,
): Promise<IncidentRecord> {
  // PostgreSQL takes no such text; no incident has such a name either.
  const isName = !id.includes('\0');
  const incident = isName ? await findIncident(sql, environment, id) : null;
  if (incident !== null) return incident;
  throw new HttpProblem(404, `no incident ${id} in environment ${environment}; see GET /incidents`);
}
