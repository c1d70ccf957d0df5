import type { Database } from '../shared/storage/database.js';

export interface ClaimedOrder {
  readonly id: string;
  readonly tenantId: string;
  readonly warehouseId: string;
  readonly reference: string;
  readonly lines: unknown;
  /** This attempt included. It also fences: who holds an older attempt can no longer settle it. */
  readonly attempts: number;
}

/** Takes up to `limit` due orders for `leaseMs`; no other dispatcher gets them until then. */
export async function claimOrders(
  database: Database,
  { limit, leaseMs }: { limit: number; leaseMs: number },
): Promise<ClaimedOrder[]> {
  return database<ClaimedOrder[]>`
    update orders
    set attempts = attempts + 1, locked_until = now() + ${leaseMs} * interval '1 millisecond'
    where id in (
      select id from orders
      where status = 'accepted' and next_attempt_at <= now()
        and (locked_until is null or locked_until < now())
      order by next_attempt_at limit ${limit} for update skip locked)
    returning id, tenant_id as "tenantId", warehouse_id as "warehouseId", reference, lines, attempts`;
}

export async function markDelivered(database: Database, { id }: ClaimedOrder): Promise<void> {
  await database`
    update orders set status = 'delivered', locked_until = null, last_error = null where id = ${id}`;
}

/** Back into the queue, due after `delayMs`. */
export async function postpone(
  database: Database,
  { id, attempts }: ClaimedOrder,
  { delayMs, reason }: { delayMs: number; reason: string },
): Promise<void> {
  await database`
    update orders
    set next_attempt_at = now() + ${delayMs} * interval '1 millisecond',
      locked_until = null, last_error = ${reason}
    where id = ${id} and attempts = ${attempts} and status = 'accepted'`;
}

/** Out of the queue, kept for a person to look at. */
export async function bury(
  database: Database,
  { id, attempts }: ClaimedOrder,
  reason: string,
): Promise<void> {
  await database`
    update orders set status = 'dead', locked_until = null, last_error = ${reason}
    where id = ${id} and attempts = ${attempts} and status = 'accepted'`;
}
