import type { Database, Transaction } from '../shared/storage/database.js';
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

/** Where a round of all tenants stands. It goes in the order of their names, and through the warehouses of a tenant
 *  ('' before the first) only where some of them are held. */
export interface Round {
  /** Where it ends, once the names have been gone through to the last and from the first again. */
  readonly began: Stop;
  readonly at: Stop;
  /** 1: it has begun again at the first name. */
  readonly lap: 0 | 1;
}

export interface Stop {
  readonly tenantId: string;
  readonly warehouseId: string;
}

export interface Claimed {
  readonly orders: ClaimedOrder[];
  readonly round: Round;
  /** Everything that may be taken has been seen: who found nothing need not look on. */
  readonly isWhole: boolean;
}

interface ClaimRow extends Omit<ClaimedOrder, 'id'> {
  /** Null in the only row when nothing was claimed. */
  readonly id: string | null;
  /** Null: the round did not go on, as all that is due was seen at once. */
  readonly end: Pick<Round, 'at' | 'lap'> | null;
  readonly isWhole: boolean;
}

/** So much a claim looks at, whatever names callers make up. Orders due first of all: a few times what it takes. */
const mostDue = 64;
const mostStops = 256;

/**
 * Takes up to `limit` due orders for `leaseMs`; no other dispatcher gets them until then. All tenants get the same
 * share, however much waits of each: first the order of every tenant that is due first, then the second of every tenant
 * (where some of its warehouses are held: of every other one); which tenants, where there are more than `limit`, is
 * drawn by lot. Where more is due than it looks at, their turns come by the round, and what room is left after that many
 * stops goes to what is due first of all. Costs the same however many orders, tenants and warehouses there are.
 */
export async function claimOrders(
  database: Database | Transaction,
  round: Round,
  claim: Claim,
): Promise<Claimed> {
  const { limit, leaseMs, held, early = false } = claim;
  const heldTenants = held.filter((place) => place.warehouseId === null).map(tenantOf);
  const heldLanes = held.filter((place) => !heldTenants.includes(place.tenantId));
  const dividedTenants = heldLanes.map(tenantOf);
  const isDue = database`next_attempt_at <= case when ${early} then 'infinity' else now() end`;
  const isFree = database`(locked_until is null or locked_until < now())`;
  // Each names its index, see the migration 0004_turns.
  const isAccepted = database`status not in ('delivered', 'dead')`;
  const inTurns = database`${isAccepted} and refusals >= 0`;
  const tenant = database`(tenant_id || '')`;
  const inTime = database`${isAccepted} and attempts >= 0`;
  // From one to the next by the index, so that a long one costs no more than a short one.
  const nextStop = database`
    (select tenant_id, warehouse_id, walk.lap, 1 as choice from orders
     where walk.tenant_id = any (${dividedTenants}::text[]) and status = 'accepted'
       and tenant_id = walk.tenant_id and warehouse_id > walk.warehouse_id
     order by warehouse_id limit 1)
    union all
    (select tenant_id, '', walk.lap, 2 from orders
     where ${inTurns} and ${tenant} > walk.tenant_id order by ${tenant} limit 1)
    union all
    (select tenant_id, '', 1, 3 from orders
     where ${inTurns} and walk.lap = 0 order by ${tenant} limit 1)
    order by choice limit 1`;
  const headsOfStop = database`
    case
      when stop.tenant_id = any (${heldTenants}::text[])
        or (stop.tenant_id, stop.warehouse_id) in (select * from held_lane) then '{}'
      when stop.warehouse_id <> '' then array(
        select id from orders
        where status = 'accepted' and tenant_id = stop.tenant_id and warehouse_id = stop.warehouse_id
          and ${isDue} and ${isFree}
        order by next_attempt_at limit ${limit})
      -- Its warehouses are the next stops.
      when stop.tenant_id = any (${dividedTenants}::text[]) then '{}'
      else array(
        select id from orders
        where ${inTurns} and ${tenant} = stop.tenant_id and ${isDue} and ${isFree}
        order by next_attempt_at limit ${limit})
    end`;
  const rows = await database<ClaimRow[]>`
    with recursive
    held_lane as materialized (
      select * from unnest(${dividedTenants}::text[],
        ${heldLanes.map(({ warehouseId }) => warehouseId)}::text[]) as lane (tenant_id, warehouse_id)
    ),
    due_first as materialized (
      select id, tenant_id, warehouse_id, next_attempt_at, locked_until from orders
      where ${inTime} and ${isDue} order by next_attempt_at limit ${mostDue}
    ),
    walk (tenant_id, warehouse_id, lap, heads, found, stops) as (
      select ${round.at.tenantId}, ${round.at.warehouseId}, ${round.lap}::int, '{}'::uuid[], 0, 0
      where (select count(*) from due_first) = ${mostDue}
      union all
      select stop.tenant_id, stop.warehouse_id, stop.lap, of_stop.heads,
        found + (of_stop.heads <> '{}')::int, stops + 1
      from walk cross join lateral (${nextStop}) stop
        cross join lateral (select ${headsOfStop} as heads offset 0) of_stop -- Read once each.
      where found < ${limit} and stops < ${mostStops}
        and (stop.lap = 0 or (stop.tenant_id, stop.warehouse_id)
          <= (${round.began.tenantId}, ${round.began.warehouseId}))
    ),
    seen as (
      select head.id, tenant_id, head.rank, true as has_turn
      from walk cross join unnest(heads) with ordinality as head (id, rank)
      union all
      select id, tenant_id, row_number() over (partition by tenant_id order by next_attempt_at), false
      from due_first
      where ${isFree} and tenant_id <> all (${heldTenants}::text[])
        and (tenant_id, warehouse_id) not in (select * from held_lane)
    ),
    -- Ranked anew: of orders due at the same moment, either may have put another one first.
    ranked as (
      select id, bool_or(has_turn) as has_turn,
        row_number() over (partition by tenant_id order by min(rank)) as rank
      from seen group by id, tenant_id
    ),
    -- Twice as many as wanted: another dispatcher may just be taking the first of them.
    candidate as (
      select id from ranked order by rank, has_turn desc, random() limit ${2 * limit}
    ),
    -- One look-up each, in their order: a join could read all that waits, and a sort would lock all candidates.
    taken as (
      select locked.id from candidate cross join lateral (
        select id from orders
        where id = candidate.id and ${isAccepted} and ${isDue} and ${isFree}
        for update skip locked) locked
      limit ${limit}
    ),
    claimed as (
      update orders
      set attempts = attempts + 1, locked_until = now() + ${leaseMs} * interval '1 millisecond'
      from taken where orders.id = taken.id
      returning orders.*
    )
    select claimed.id, claimed.tenant_id as "tenantId", claimed.warehouse_id as "warehouseId",
      reference, lines, traceparent, attempts, refusals, own_failures as "ownFailures",
      settled_at as "settledAt", retry_id as "retryId",
      case when retries.id is not null then jsonb_build_object('failures', retry_failures,
        'maxAttempts', retries.max_attempts, 'backoffMs', retries.backoff_ms) end as retry,
      last.end, coalesce(last.is_whole, true) as "isWhole"
    from (values (1)) always
    left join (
      select jsonb_build_object('lap', lap, 'at',
          jsonb_build_object('tenantId', tenant_id, 'warehouseId', warehouse_id)) as end,
        found < ${limit} and stops < ${mostStops} as is_whole
      from walk order by stops desc limit 1) last on true
    left join claimed on true
    left join retries on retries.id = claimed.retry_id and claimed.retry_outcome is null`;
  const [first] = rows;
  return {
    orders: rows.flatMap(({ end: _end, isWhole: _isWhole, id, ...order }) =>
      id === null ? [] : [{ id, ...order }],
    ),
    round: { ...round, ...first?.end },
    isWhole: first?.isWhole ?? true,
  };
}

function tenantOf({ tenantId }: Place): string {
  return tenantId;
}
