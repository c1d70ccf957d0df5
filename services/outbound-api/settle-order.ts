import type { Database } from '../shared/storage/database.js';
import type { ClaimedOrder } from './claim-orders.js';
import type { NextStep } from './decide-next.js';

/**
 * Not fenced by the attempt, on purpose: the downstream has the order under its key, and that stays true whoever learns
 * of it, however late. Were it fenced, an answer that comes after the lease would be thrown away, and an order that
 * was delivered could still end as a dead letter.
 */
export async function markDelivered(database: Database, { id }: ClaimedOrder): Promise<void> {
  await database`
    update orders
    set status = 'delivered', locked_until = null, last_error = null, settled_at = now()
    where id = ${id} and status <> 'delivered'`;
}

/**
 * Records a failed attempt. Fenced: who has lost the order to another dispatcher settles nothing, and where a retry took
 * it meanwhile the retry's schedule stands, so that only the lease is given back.
 */
export async function settleFailure(
  database: Database,
  { id, attempts, retryId, retry }: ClaimedOrder,
  next: NextStep & { readonly reason: string },
): Promise<void> {
  const settled = await database`
    update orders
    set status = ${next.status}, locked_until = null, last_error = ${next.reason}, settled_at = now(),
      next_attempt_at = now() + ${next.delayMs} * interval '1 millisecond',
      refusals = refusals + ${next.refusals}, own_failures = own_failures + ${next.ownFailures},
      retry_failures = retry_failures + ${retry === null ? 0 : 1},
      retry_outcome = coalesce(${next.retryOutcome}, retry_outcome)
    where id = ${id} and attempts = ${attempts} and status = 'accepted'
      and retry_id is not distinct from ${retryId}`;
  if (settled.count > 0) return;
  await database`
    update orders set locked_until = null
    where id = ${id} and attempts = ${attempts} and status = 'accepted'`;
}

/** Back to where it was: the attempt was not made, so that it does not count. */
export async function giveBack(database: Database, { id, attempts }: ClaimedOrder): Promise<void> {
  await database`
    update orders set attempts = attempts - 1, locked_until = null
    where id = ${id} and attempts = ${attempts} and status = 'accepted'`;
}

/** Whether the latest answer to another order, since this one's previous attempt, was a delivery. False when there was
 *  no other: who fails alone proves nothing. */
export async function othersGetThrough(
  database: Database,
  { id, settledAt }: ClaimedOrder,
): Promise<boolean> {
  if (settledAt === null) return false;
  const [latest] = await database<{ status: string }[]>`
    select status from orders where settled_at > ${settledAt} and id <> ${id}
    order by settled_at desc limit 1`;
  return latest?.status === 'delivered';
}
