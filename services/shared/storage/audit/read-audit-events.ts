import type { Database } from '../database.js';
import type { AuditEvent, RecordedAuditEvent } from './audit-event.js';
import { duringImpact, findImpact } from './impact-window.js';

const columns = (sql: Database) => sql`
  position::int as position, key, at, kind, service, tenant, incident, who, what, target, before, after, details,
  impact_from as "impactFrom", impact_to as "impactTo", previous_hash as "previousHash", hash`;

export interface AuditQuery {
  readonly service?: string | undefined;
  readonly tenant?: string | undefined;
  /** What is about this episode, and once it is closed the failed writes of its service in its impact window. */
  readonly incident?: string | undefined;
  readonly kind?: AuditEvent['kind'] | undefined;
  /** ISO 8601: what happened at this instant or later; failed writes, what went on until then or later. */
  readonly since?: string | undefined;
  /** ISO 8601: what happened, or began, at this instant or earlier. */
  readonly until?: string | undefined;
  /** Only events of a lower position. */
  readonly before?: number | undefined;
  readonly limit: number;
}

/** Newest first. */
export async function listAuditEvents(
  sql: Database,
  { service, tenant, incident, kind, since, until, before, limit }: AuditQuery,
): Promise<RecordedAuditEvent[]> {
  const impact = incident === undefined ? null : await findImpact(sql, incident);
  const rows = await sql`
    select ${columns(sql)} from audit_events
    where true
      ${service === undefined ? sql`` : sql`and service = ${service}`}
      ${tenant === undefined ? sql`` : sql`and tenant = ${tenant}`}
      ${incident === undefined ? sql`` : sql`and (incident = ${incident} or ${impact === null ? sql`false` : duringImpact(sql, impact)})`}
      ${kind === undefined ? sql`` : sql`and kind = ${kind}`}
      ${since === undefined ? sql`` : sql`and ${endOf(sql)} >= ${since}`}
      ${until === undefined ? sql`` : sql`and at <= ${until}`}
      ${before === undefined ? sql`` : sql`and audit_events.position < ${before}`}
    order by audit_events.position desc limit ${limit}`;
  return rows.map(asEvent);
}

const endOf = (sql: Database) =>
  sql`case kind when 'failed-writes' then coalesce(impact_to, at) else at end`;

/** Oldest first, from after a position. */
export async function readAuditChain(
  sql: Database,
  after: number,
  limit: number,
): Promise<RecordedAuditEvent[]> {
  const rows = await sql`
    select ${columns(sql)} from audit_events
    where audit_events.position > ${after} order by audit_events.position limit ${limit}`;
  return rows.map(asEvent);
}

/** The driver gives times as `Date`. */
function asEvent(row: Readonly<Record<string, unknown>>): RecordedAuditEvent {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => [
      key,
      value instanceof Date ? value.toISOString() : value,
    ]),
  ) as unknown as RecordedAuditEvent;
}
