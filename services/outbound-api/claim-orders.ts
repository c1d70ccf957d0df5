import type { Database } from '../shared/storage/database.js';
import type { RetryPast } from './decide-next.js';
import type { OutgoingOrder } from './deliver.js';

export interface ClaimedOrder extends OutgoingOrder {
  /** This attempt included. It also fences: who holds an older attempt can no longer settle a failure. */
  readonly attempts: number;
  readonly refusals: number;
  readonly ownFailures: number;
  /** When its previous attempt ended; null before the first. */
  readonly settledAt: Date | null;
  /** The newest retry it was part of. It fences too: a retry that took it meanwhile has set when it is due. */
  readonly retryId: string | null;
  /** That retry, when it still runs for this order. */
  readonly retry: RetryPast | null;
}

/** A warehouse of a tenant, or (null) all of them. */
export interface Place {
  readonly tenantId: string;
  readonly warehouseId: string | null;
}

export interface Claim {
  readonly limit: number;
  readonly leaseMs: number;
  /** What is kept back. */
  readonly held: readonly Place[];
  /** Takes what is due next, due or not: to find out whether the downstream is back. */
  readonly early?: boolean;
}

/**
 * Takes up to `limit` due orders for `leaseMs`; no other dispatcher gets them until then. All tenants get the same
 * share, however much waits of each: first the order of every tenant that is due first, then the second of every
 * tenant; which tenants, where there are more than `limit`, is drawn by lot.
 */
export async function claimOrders(database: Database, claim: Claim): Promise<ClaimedOrder[]> {
  const { limit, leaseMs, held, early = false } = claim;
  const due = database`next_attempt_at <= case when ${early} then 'infinity' else now() end
    and (locked_until is null or locked_until < now())`;
  return database<ClaimedOrder[]>`
    with recursive lane (tenant_id, warehouse_id) as (
      -- From lane to lane by the index, so that a long lane costs no more than a short one.
      (select tenant_id, warehouse_id from orders where status = 'accepted'
       order by tenant_id, warehouse_id limit 1)
      union all
      select next.* from lane, lateral (
        select tenant_id, warehouse_id from orders
        where status = 'accepted'
          and (tenant_id, warehouse_id) > (lane.tenant_id, lane.warehouse_id)
        order by tenant_id, warehouse_id limit 1) next
    ),
    open_lane as (
      select * from lane where not exists (
        select from unnest(${held.map((place) => place.tenantId)}::text[],
          ${held.map((place) => place.warehouseId)}::text[]) as held (tenant_id, warehouse_id)
        where held.tenant_id = lane.tenant_id
          and (held.warehouse_id is null or held.warehouse_id = lane.warehouse_id))
    ),
    ranked as (
      select head.id, row_number() over (partition by open_lane.tenant_id
        order by head.next_attempt_at) as rank
      from open_lane, lateral (
        select id, next_attempt_at from orders
        where status = 'accepted' and tenant_id = open_lane.tenant_id
          and warehouse_id = open_lane.warehouse_id and ${due}
        order by next_attempt_at limit ${limit}) head
    ),
    -- Twice as many as wanted: another dispatcher may just be taking the first of them.
    candidate as (select id, rank from ranked order by rank, random() limit ${2 * limit}),
    taken as (
      select orders.id from candidate join orders using (id)
      where status = 'accepted' and ${due}
      order by candidate.rank limit ${limit} for update of orders skip locked
    ),
    claimed as (
      update orders
      set attempts = attempts + 1, locked_until = now() + ${leaseMs} * interval '1 millisecond'
      from taken where orders.id = taken.id
      returning orders.*
    )
    select claimed.id, claimed.tenant_id as "tenantId", warehouse_id as "warehouseId", reference, lines,
      traceparent, attempts, refusals, own_failures as "ownFailures", settled_at as "settledAt",
      retry_id as "retryId",
      case when retries.id is not null then jsonb_build_object('failures', retry_failures,
        'maxAttempts', retries.max_attempts, 'backoffMs', retries.backoff_ms) end as retry
    from claimed
    left join retries on retries.id = claimed.retry_id and claimed.retry_outcome is null`;
}
