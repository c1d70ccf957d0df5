import type { JSONValue } from 'postgres';
import type { Transaction } from '../database.js';
import type { AuditEvent } from './audit-event.js';
import { firstHash, hashOf } from './audit-event.js';

/**
 * Adds events to the chain, in the order given; those already recorded are left alone. Call it last in a transaction:
 * until that ends nobody else can add any, so that every event stands on the one before it.
 */
export async function appendAuditEvents(
  sql: Transaction,
  events: readonly AuditEvent[],
): Promise<void> {
  if (events.length === 0) return;
  await sql`select pg_advisory_xact_lock(hashtextextended('audit_events', 0))`;
  const keys = sql.array(events.map(({ key }) => key));
  const recorded = await sql<{ key: string }[]>`
    select key from audit_events where key = any(${keys})`;
  const known = new Set(recorded.map(({ key }) => key));
  const [last] = await sql<{ position: number; hash: string }[]>`
    select position::int as position, hash from audit_events order by audit_events.position desc limit 1`;
  let { position, hash } = last ?? { position: 0, hash: firstHash };
  const rows = [];
  for (const event of events) {
    if (known.has(event.key)) continue;
    known.add(event.key);
    position += 1;
    const said = { ...inStorableForm(event), position, previousHash: hash };
    hash = hashOf(said);
    rows.push({
      position,
      key: said.key,
      at: said.at,
      kind: said.kind,
      service: said.service,
      tenant: said.tenant,
      incident: said.incident,
      who: said.who,
      what: said.what,
      target: said.target,
      before: jsonOrNull(sql, said.before),
      after: jsonOrNull(sql, said.after),
      details: jsonOrNull(sql, said.details),
      impact_from: said.impactFrom,
      impact_to: said.impactTo,
      previous_hash: said.previousHash,
      hash,
    });
  }
  if (rows.length > 0) await sql`insert into audit_events ${sql(rows)}`;
}

/** As PostgreSQL will give it back: times to the millisecond in UTC, JSON without `undefined`. */
function inStorableForm(event: AuditEvent): AuditEvent {
  const time = (text: string): string => new Date(text).toISOString();
  const json = (value: unknown): unknown =>
    value === undefined || value === null ? null : JSON.parse(JSON.stringify(value));
  return {
    ...event,
    at: time(event.at),
    before: json(event.before),
    after: json(event.after),
    details: json(event.details),
    impactFrom: event.impactFrom === null ? null : time(event.impactFrom),
    impactTo: event.impactTo === null ? null : time(event.impactTo),
  };
}

const jsonOrNull = (sql: Transaction, value: unknown) =>
  value === null ? null : sql.json(value as JSONValue);
