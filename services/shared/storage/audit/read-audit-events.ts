import type { Database } from '../database.js';
import type { AuditEvent, RecordedAuditEvent } from './audit-event.js';

const columns = (sql: Database) => sql`
  position::int as position, key, at, kind, service, tenant, incident, who, what, target, before, after, details,
  impact_from as "impactFrom", impact_to as "impactTo", previous_hash as "previousHash", hash`;

export interface AuditQuery {
  readonly service?: string | undefined;
  readonly tenant?: string | undefined;
  readonly incident?: string | undefined;
  readonly kind?: AuditEvent['kind'] | undefined;
  /** ISO 8601: what happened at this instant or later. */
  readonly since?: string | undefined;
  /** Only events of a lower position. */
  readonly before?: number | undefined;
  readonly limit: number;
}

/** Newest first. */
export async function listAuditEvents(
  sql: Database,
  { service, tenant, incident, kind, since, before, limit }: AuditQuery,
): Promise<RecordedAuditEvent[]> {
  const rows = await sql`
    select ${columns(sql)} from audit_events
    where true
      ${service === undefined ? sql`` : sql`and service = ${service}`}
      ${tenant === undefined ? sql`` : sql`and tenant = ${tenant}`}
      ${incident === undefined ? sql`` : sql`and incident = ${incident}`}
      ${kind === undefined ? sql`` : sql`and kind = ${kind}`}
      ${since === undefined ? sql`` : sql`and at >= ${since}`}
      ${before === undefined ? sql`` : sql`and audit_events.position < ${before}`}
    order by audit_events.position desc limit ${limit}`;
  return rows.map(asEvent);
}

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
