import type { JSONValue } from 'postgres';
import type { Transaction } from '../database.js';
import { storable } from '../storable.js';
import type { AuditEvent } from './audit-event.js';
import { firstHash, hashOf } from './audit-event.js';

/**
 * Adds events to the chain, in the order given; those already recorded are left alone. Call it last in a transaction:
 * until that ends nobody else can add any, so that every event stands on the one before it.
 */
export async function appendAuditEvents(
  sql: Transaction,
  said: readonly AuditEvent[],
): Promise<void> {
  const events = said.map(inStorableForm);
  if (events.length === 0) return;
  await lockAudit(sql);
  const keys = sql.array(events.map(({ key }) => key));
  const before = await sql<{ key: string }[]>`
    select key from audit_events where key = any(${keys})`;
  const known = new Set(before.map(({ key }) => key));
  const [last] = await sql<{ position: number; hash: string }[]>`
    select position::int as position, hash from audit_events order by audit_events.position desc limit 1`;
  let { position, hash } = last ?? { position: 0, hash: firstHash };
  const rows = [];
  for (const event of events) {
    if (known.has(event.key)) continue;
    known.add(event.key);
    position += 1;
    const recorded = { ...event, position, previousHash: hash };
    hash = hashOf(recorded);
    rows.push({
      position,
      key: recorded.key,
      at: recorded.at,
      kind: recorded.kind,
      service: recorded.service,
      tenant: recorded.tenant,
      incident: recorded.incident,
      who: recorded.who,
      what: recorded.what,
      target: recorded.target,
      before: jsonOrNull(sql, recorded.before),
      after: jsonOrNull(sql, recorded.after),
      details: jsonOrNull(sql, recorded.details),
      impact_from: recorded.impactFrom,
      impact_to: recorded.impactTo,
      previous_hash: recorded.previousHash,
      hash,
    });
  }
  if (rows.length > 0) await sql`insert into audit_events ${sql(rows)}`;
}

/** Until the transaction ends nobody else can add to the chain. */
export async function lockAudit(sql: Transaction): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('audit_events', 0))`;
}

/** As PostgreSQL will give it back, so that the hash is over the same: times to the millisecond in UTC, JSON without `undefined`. */
function inStorableForm(event: AuditEvent): AuditEvent {
  const time = (text: string): string => new Date(text).toISOString();
  const json = (value: unknown): unknown =>
    value === undefined || value === null ? null : JSON.parse(JSON.stringify(value));
  return storable({
    ...event,
    at: time(event.at),
    before: json(event.before),
    after: json(event.after),
    details: json(event.details),
    impactFrom: event.impactFrom === null ? null : time(event.impactFrom),
    impactTo: event.impactTo === null ? null : time(event.impactTo),
  });
}

const jsonOrNull = (sql: Transaction, value: unknown) =>
  value === null ? null : sql.json(value as JSONValue);
