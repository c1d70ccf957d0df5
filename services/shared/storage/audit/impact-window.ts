import type { Database, Transaction } from '../database.js';

/** When a service was hit. ISO 8601. */
export interface ImpactWindow {
  readonly service: string;
  readonly from: string;
  readonly to: string;
}

/**
 * The impact window that the closing of an episode wrote; to the closing itself where no recovery was proven. Null while
 * the episode is open.
 */
export async function findImpact(sql: Database, incident: string): Promise<ImpactWindow | null> {
  const [closed] = await sql<{ service: string; from: Date; to: Date }[]>`
    select service, impact_from as "from", coalesce(impact_to, at) as "to" from audit_events
    where incident = ${incident} and kind = 'incident-closed'
    order by audit_events.position desc limit 1`;
  return closed === undefined
    ? null
    : {
        service: closed.service,
        from: closed.from.toISOString(),
        to: closed.to.toISOString(),
      };
}

/**
 * Condition: failed writes of the service that went on within the window. They are recorded by pod and stretch of time,
 * without an incident: when they are written nobody knows yet what they belong to, and afterwards nothing is changed.
 */
export const duringImpact = (
  sql: Database | Transaction,
  { service, from, to }: ImpactWindow,
): ReturnType<Database> => sql`
  (kind = 'failed-writes' and service = ${service} and impact_from <= ${to} and impact_to >= ${from})`;
