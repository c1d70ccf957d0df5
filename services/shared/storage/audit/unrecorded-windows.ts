import type { Transaction } from '../database.js';
import { lockAudit } from './append-audit-events.js';

/** A time in the life of a pod. */
export interface PodWindow {
  readonly service: string;
  readonly pod: string;
  /** Epoch milliseconds; the window ends just before `to`. */
  readonly from: number;
  readonly to: number;
}

/**
 * Those of the windows that touch no recorded failed writes of their pod. Until the transaction ends nobody else can
 * record any. What is recorded lies between `impactFrom` and `impactTo` of its event, so nothing in these windows is,
 * however long the windows were that it was gathered by.
 */
export async function unrecordedWindows<Window extends PodWindow>(
  sql: Transaction,
  windows: readonly Window[],
): Promise<Window[]> {
  await lockAudit(sql);
  const asked = windows.map(({ service, pod, from, to }, index) => ({
    index,
    service,
    pod,
    from: from / 1_000,
    to: to / 1_000,
  }));
  // Ordered and limited so that each is looked up by the index: a join would read the whole audit.
  const rows = await sql<{ index: number }[]>`
    select index
    from jsonb_to_recordset(${sql.json(asked)})
      as asked (index int, service text, pod text, "from" float8, "to" float8)
    cross join lateral (
      select from audit_events
      where audit_events.kind = 'failed-writes'
        and audit_events.service = asked.service
        and audit_events.details ->> 'pod' = asked.pod
        and audit_events.impact_to >= to_timestamp(asked."from")
        and audit_events.impact_from < to_timestamp(asked."to")
      order by audit_events.impact_to
      limit 1) as recorded`;
  const recorded = new Set(rows.map(({ index }) => index));
  return windows.filter((_window, index) => !recorded.has(index));
}
