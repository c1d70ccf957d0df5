import type { Role } from '../shared/auth/roles.js';
import type { Database, Transaction } from '../shared/storage/database.js';

export interface RetryRequest {
  /** Null: all tenants. */
  readonly tenantId: string | null;
  /** Dead letters too. */
  readonly force: boolean;
  /** Attempts each order gets. */
  readonly maxAttempts: number;
  /** The first wait between them; see `backoffMs`. */
  readonly backoffMs: number;
}

/** Who asks. */
export interface Asker {
  readonly role: Role;
  /** The Idempotency-Key; null without one. */
  readonly key: string | null;
}

export interface Retry extends RetryRequest {
  readonly id: string;
  /** Null of retries from before this was recorded. */
  readonly askedBy: Role | null;
  readonly key: string | null;
  readonly status: 'running' | 'finished';
  /** How many it took, and whether there may be some that it had to leave out. */
  readonly orders: number;
  readonly more: boolean;
  /** Why it took none: a mistyped tenant looks like one that has nothing to send. Null when it took some. */
  readonly note: string | null;
  /** What became of them: still to be delivered by this retry, delivered, dead, or out of attempts and back under the
   *  ordinary rule. */
  readonly waiting: number;
  readonly delivered: number;
  readonly dead: number;
  readonly postponed: number;
  readonly failedAttempts: number;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Null while it runs. */
  readonly finishedAt: string | null;
}

/** Most orders of one retry: more would be a single statement of seconds, and no controlled retry any more. */
const maxOrders = 10_000;

/** One at a time: two that overlap would otherwise both believe that they are the first. */
const retryLock = 0x72_65_74_72;

/** The retry of the same tenant and force that runs, if any. Locks: until the transaction ends nobody starts one. */
export async function findRunning(
  transaction: Transaction,
  { tenantId, force }: RetryRequest,
): Promise<Retry | null> {
  await transaction`select pg_advisory_xact_lock(${retryLock})`;
  await closeFinished(transaction);
  const [running] = await transaction<{ id: string }[]>`
    select id from retries
    where finished_at is null and tenant_id is not distinct from ${tenantId} and force = ${force}`;
  return running === undefined ? null : readRetry(transaction, running.id);
}

/**
 * Makes the orders due now. Leaves out those that another running retry has: an order belongs to one at a time. Call it
 * after `findRunning`, in the same transaction.
 */
export async function startRetry(
  transaction: Transaction,
  wish: RetryRequest,
  asker: Asker,
): Promise<Retry> {
  const { tenantId, force, maxAttempts, backoffMs } = wish;
  const [retry] = await transaction<[{ id: string }]>`
    insert into retries (tenant_id, force, max_attempts, backoff_ms, orders, more, asked_by, key)
    values (${tenantId}, ${force}, ${maxAttempts}, ${backoffMs}, 0, false, ${asker.role}, ${asker.key})
    returning id`;
  const isFree = transaction`
    ${tenantId === null ? transaction`true` : transaction`tenant_id = ${tenantId}`} and not exists (
      select from retries where retries.id = orders.retry_id and finished_at is null)`;
  // Those tried least lately first, so that a second retry goes on where a full one stopped. The status is asked for
  // outside too: an order that is delivered meanwhile must stay so.
  const taken = await transaction`
    update orders
    set status = 'accepted', next_attempt_at = now(),
      retry_id = ${retry.id}, retry_failures = 0, retry_outcome = null
    where status <> 'delivered' and id in (
      select id from (
        select id, next_attempt_at from orders where status = 'accepted' and ${isFree}
        union all
        select id, next_attempt_at from orders where ${force} and status = 'dead' and ${isFree}
      ) undelivered
      order by next_attempt_at limit ${maxOrders})`;
  await transaction`
    update retries
    set orders = ${taken.count}, more = ${taken.count === maxOrders},
      finished_at = case when ${taken.count === 0} then now() end
    where id = ${retry.id}`;
  const stored = await readRetry(transaction, retry.id);
  if (stored === null) throw new Error(`could not read retry ${retry.id}: it was just stored`);
  return stored;
}

/** Null when there is no such retry. */
export async function findRetry(database: Database, id: string): Promise<Retry | null> {
  await closeFinished(database);
  return readRetry(database, id);
}

export interface RetryPage {
  /** Newest first. */
  readonly retries: readonly Retry[];
  /** `before` of the next page; null at the end. */
  readonly next: number | null;
}

/** `before`: only those older than this `next`. */
export async function listRetries(
  database: Database,
  { limit, before }: { readonly limit: number; readonly before?: number | undefined },
): Promise<RetryPage> {
  await closeFinished(database);
  const rows = await database<RetryRow[]>`
    ${selectRetries(database)}
    ${before === undefined ? database`` : database`where position < ${before}`}
    order by position desc limit ${limit}`;
  return {
    retries: rows.map(asRetry),
    next: rows.length === limit ? (rows.at(-1)?.position ?? null) : null,
  };
}

/** Writes down how those retries ended that have no order left: only then may another one take their orders. */
async function closeFinished(database: Database | Transaction): Promise<void> {
  await database`
    update retries
    set finished_at = greatest(started_at, ended.settled_at), delivered = ended.delivered,
      dead = ended.dead, postponed = ended.postponed, failed_attempts = ended.failed_attempts
    from (
      select running.id, tally.* from retries running, lateral (${tallyOf(database)}) tally
      where running.finished_at is null and not exists (
        select from orders
        where retry_id = running.id and retry_outcome is null and status = 'accepted')
    ) ended
    where retries.id = ended.id and finished_at is null`;
}

/** What the orders of the retry `running` tell. */
function tallyOf(database: Database | Transaction): ReturnType<Database> {
  return database`
    select count(*) filter (where retry_outcome is null and status = 'accepted')::int as waiting,
      count(*) filter (where status = 'delivered')::int as delivered,
      count(*) filter (where retry_outcome = 'dead' and status <> 'delivered')::int as dead,
      count(*) filter (where retry_outcome = 'postponed' and status <> 'delivered')::int
        as postponed,
      coalesce(sum(retry_failures), 0)::int as failed_attempts, max(settled_at) as settled_at
    from orders where retry_id = running.id`;
}

interface RetryRow extends Omit<Retry, 'note' | 'status' | 'startedAt' | 'finishedAt'> {
  readonly position: number;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
}

async function readRetry(database: Database | Transaction, id: string): Promise<Retry | null> {
  const [row] = await database<RetryRow[]>`${selectRetries(database)} where running.id = ${id}`;
  return row === undefined ? null : asRetry(row);
}

/** To be followed by a condition; `running` is the table. */
function selectRetries(database: Database | Transaction): ReturnType<Database> {
  return database`
    select running.id, position::int as position, asked_by as "askedBy", key, tenant_id as "tenantId", force, max_attempts as "maxAttempts",
      backoff_ms as "backoffMs", orders, more, coalesce(tally.waiting, 0) as waiting,
      coalesce(tally.delivered, running.delivered) as delivered,
      coalesce(tally.dead, running.dead) as dead,
      coalesce(tally.postponed, running.postponed) as postponed,
      coalesce(tally.failed_attempts, running.failed_attempts) as "failedAttempts",
      started_at as "startedAt", finished_at as "finishedAt"
    from retries running left join lateral (${tallyOf(database)}) tally on finished_at is null`;
}

function asRetry({ position: _position, ...row }: RetryRow): Retry {
  return {
    ...row,
    note: row.orders === 0 ? noteOfNone(row) : null,
    status: row.finishedAt === null ? 'running' : 'finished',
    startedAt: row.startedAt.toISOString(),
    finishedAt: row.finishedAt?.toISOString() ?? null,
  };
}

function noteOfNone({ tenantId, force }: Pick<RetryRequest, 'tenantId' | 'force'>): string {
  const whose = tenantId === null ? '' : ` of tenant ${tenantId}`;
  const state = force ? 'waits or is a dead letter' : 'waits (dead letters need force)';
  return `no order${whose} ${state}, but for those of another retry that runs`;
}
