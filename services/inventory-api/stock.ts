import type { Database, Transaction } from '../shared/storage/database.js';

/** Stock of one article in one warehouse. `available` is what can still be reserved. */
export interface Item {
  readonly warehouseId: string;
  readonly sku: string;
  readonly name: string;
  readonly onHand: number;
  readonly reserved: number;
  readonly available: number;
}

export interface Reservation {
  readonly id: string;
  readonly warehouseId: string;
  readonly sku: string;
  readonly quantity: number;
  readonly reference: string | null;
}

export interface Adjustment {
  readonly id: string;
  readonly warehouseId: string;
  readonly sku: string;
  readonly delta: number;
  readonly reason: string;
  /** Stock after the adjustment. */
  readonly onHand: number;
}

export interface WarehouseReport {
  readonly warehouseId: string;
  readonly articles: number;
  readonly onHand: number;
  readonly reserved: number;
  readonly exhausted: number;
}

/** Where an article lies. */
export interface Place {
  readonly tenantId: string;
  readonly warehouseId: string;
  readonly sku: string;
}

/** Why stock did not change, as an HTTP status and a sentence. */
export interface Refusal {
  readonly status: 404 | 409;
  readonly body: { readonly detail: string };
}

export interface Done<Body> {
  readonly status: 201;
  readonly body: Body;
}

/** A page of a tenant's articles in one warehouse, in the order of their SKU, after `after`. */
export async function listItems(
  database: Database,
  page: { tenantId: string; warehouseId: string; after: string; limit: number },
): Promise<Item[]> {
  return database<Item[]>`
    select warehouse_id as "warehouseId", sku, name, on_hand as "onHand", reserved,
      on_hand - reserved as available
    from items
    where tenant_id = ${page.tenantId} and warehouse_id = ${page.warehouseId} and sku > ${page.after}
    order by sku limit ${page.limit}`;
}

/** One article in each warehouse of the tenant that knows it. Empty when none does. */
export async function findItem(
  database: Database,
  article: { tenantId: string; sku: string },
): Promise<Item[]> {
  return database<Item[]>`
    select warehouse_id as "warehouseId", sku, name, on_hand as "onHand", reserved,
      on_hand - reserved as available
    from items
    where tenant_id = ${article.tenantId} and sku = ${article.sku}
    order by warehouse_id`;
}

/** Takes `quantity` out of what is available, or refuses. Concurrent reservations queue up at the item's row. */
export async function reserve(
  transaction: Transaction,
  place: Place,
  wish: { quantity: number; reference: string | null },
): Promise<Done<Reservation> | Refusal> {
  const { tenantId, warehouseId, sku } = place;
  const { quantity, reference } = wish;
  const taken = await transaction`
    update items set reserved = reserved + ${quantity}, updated_at = now()
    where tenant_id = ${tenantId} and sku = ${sku} and warehouse_id = ${warehouseId}
      and on_hand - reserved >= ${quantity}`;
  if (taken.count === 0) return refuse(transaction, place, `fewer than ${quantity} are available`);
  const [row] = await transaction<[{ id: string }]>`
    insert into reservations (tenant_id, warehouse_id, sku, quantity, reference)
    values (${tenantId}, ${warehouseId}, ${sku}, ${quantity}, ${reference})
    returning id`;
  return { status: 201, body: { id: row.id, warehouseId, sku, quantity, reference } };
}

/** What the column holds. */
const maxOnHand = 2 ** 31 - 1;

/** Corrects the stock by `delta`, or refuses when less would lie there than is reserved, or more than can be counted. */
export async function adjust(
  transaction: Transaction,
  place: Place,
  change: { delta: number; reason: string },
): Promise<Done<Adjustment> | Refusal> {
  const { tenantId, warehouseId, sku } = place;
  const { delta, reason } = change;
  const [item] = await transaction<{ onHand: number }[]>`
    update items set on_hand = on_hand + ${delta}, updated_at = now()
    where tenant_id = ${tenantId} and sku = ${sku} and warehouse_id = ${warehouseId}
      and on_hand::bigint + ${delta} between reserved and ${maxOnHand}
    returning on_hand as "onHand"`;
  if (item === undefined) {
    const why = delta < 0 ? 'more than that is reserved' : `more than ${maxOnHand} are not counted`;
    return refuse(transaction, place, why);
  }
  const [row] = await transaction<[{ id: string }]>`
    insert into adjustments (tenant_id, warehouse_id, sku, delta, reason)
    values (${tenantId}, ${warehouseId}, ${sku}, ${delta}, ${reason})
    returning id`;
  return { status: 201, body: { id: row.id, warehouseId, sku, delta, reason, ...item } };
}

/** Totals of a tenant by warehouse. Reads every item of the tenant: the least urgent of all requests. */
export async function reportStock(
  database: Database,
  tenantId: string,
): Promise<WarehouseReport[]> {
  return database<WarehouseReport[]>`
    select warehouse_id as "warehouseId", count(*)::int as articles, sum(on_hand)::float8 as "onHand",
      sum(reserved)::float8 as reserved, count(*) filter (where on_hand = reserved)::int as exhausted
    from items where tenant_id = ${tenantId}
    group by warehouse_id order by warehouse_id`;
}

async function refuse(
  transaction: Transaction,
  { tenantId, warehouseId, sku }: Place,
  why: string,
): Promise<Refusal> {
  const known = await transaction`
    select 1 from items
    where tenant_id = ${tenantId} and sku = ${sku} and warehouse_id = ${warehouseId}`;
  return known.count === 0
    ? { status: 404, body: { detail: `no ${sku} in warehouse ${warehouseId}` } }
    : { status: 409, body: { detail: `${sku} in warehouse ${warehouseId}: ${why}` } };
}
