import type { Database } from '../shared/storage/database.js';

/** Numbers of orders. */
export interface QueueTotals {
  /** Accepted, not delivered, in nobody's hand: due, or waiting for their next attempt. */
  readonly waiting: number;
  /** With a dispatcher at this moment. */
  readonly inHand: number;
  /** Dead letters. */
  readonly dead: number;
  /** Age of the oldest order that is neither delivered nor dead; 0 when there is none. */
  readonly oldestSeconds: number;
  readonly deliveredLastMinute: number;
  /** Retries that have not ended. */
  readonly retriesRunning: number;
}

export interface TenantQueue {
  readonly tenantId: string;
  readonly waiting: number;
  readonly inHand: number;
  readonly dead: number;
  readonly oldestSeconds: number;
}

/** Counts along the partial indexes of what is not delivered: costs as much as the backlog is long. `own_failures >= 0`
 *  names an index, see the migration 0004_turns. */
export async function readTotals(database: Database): Promise<QueueTotals> {
  const [row] = await database<[QueueTotals & { undelivered: number }]>`
    select
      (select count(*) from orders where status = 'accepted')::int as undelivered,
      (select count(*) from orders
        where locked_until > now() and status = 'accepted')::int as "inHand",
      (select count(*) from orders where status = 'dead')::int as dead,
      coalesce((select extract(epoch from now() - created_at) from orders
        where status = 'accepted' and own_failures >= 0
        order by created_at limit 1), 0)::float8 as "oldestSeconds",
      (select count(*) from orders where settled_at > now() - interval '1 minute'
        and status = 'delivered')::int as "deliveredLastMinute",
      (select count(*) from retries where finished_at is null)::int as "retriesRunning"`;
  const { undelivered, ...totals } = row;
  return { ...totals, waiting: undelivered - totals.inHand };
}

/** Those with most undelivered orders, `limit` at most, or the one asked for. */
export async function readTenantQueues(
  database: Database,
  { tenantId, limit }: { tenantId: string | null; limit: number },
): Promise<TenantQueue[]> {
  const asked = tenantId === null ? database`` : database`and tenant_id = ${tenantId}`;
  return database<TenantQueue[]>`
    select tenant_id as "tenantId",
      count(*) filter (where status = 'accepted' and not in_hand)::int as waiting,
      count(*) filter (where status = 'accepted' and in_hand)::int as "inHand",
      count(*) filter (where status = 'dead')::int as dead,
      coalesce(extract(epoch from now() - min(created_at) filter (where status = 'accepted')),
        0)::float8 as "oldestSeconds"
    from (
      select tenant_id, status, created_at, coalesce(locked_until > now(), false) as in_hand
      from orders where status = 'accepted' ${asked}
      union all
      select tenant_id, status, created_at, false from orders where status = 'dead' ${asked}
    ) undelivered
    group by tenant_id
    order by count(*) desc, tenant_id limit ${limit}`;
}

/** The totals for scrapes, read at most once a second however many ask. */
export function createTotalsReader(
  database: Database,
  maxAgeMs = 1_000,
): () => Promise<QueueTotals> {
  let reading: Promise<QueueTotals> | undefined;
  let readAt = -Infinity;
  return () => {
    const now = performance.now();
    if (reading === undefined || now - readAt > maxAgeMs) {
      readAt = now;
      reading = readTotals(database);
      reading.catch(() => (reading = undefined));
    }
    return reading;
  };
}
