import type { Database, Transaction } from '../shared/storage/database.js';

interface OrderLine {
  readonly sku: string;
  readonly quantity: number;
}

export interface NewOrder {
  readonly warehouseId: string;
  /** The tenant's own name of the order. */
  readonly reference: string;
  readonly lines: OrderLine[];
}

export interface Order extends NewOrder {
  readonly id: string;
  readonly status: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** Rises with every order: the newest has the greatest. */
  readonly sequence: number;
}

interface OrderRow extends Omit<Order, 'createdAt'> {
  readonly createdAt: Date;
}

/** Stores the order; what is stored is accepted. `traceparent`: under which its delivery goes on. */
export async function acceptOrder(
  transaction: Transaction,
  { tenantId, traceparent }: { readonly tenantId: string; readonly traceparent: string },
  order: NewOrder,
): Promise<Order> {
  const [row] = await transaction<[OrderRow]>`
    insert into orders (tenant_id, warehouse_id, reference, lines, traceparent)
    values (${tenantId}, ${order.warehouseId}, ${order.reference},
      ${JSON.stringify(order.lines)}::text::jsonb, ${traceparent})
    returning id, warehouse_id as "warehouseId", reference, lines, status,
      created_at as "createdAt", sequence::float8 as sequence`;
  return toOrder(row);
}

/** Undefined when the tenant has no such order. */
export async function findOrder(
  database: Database,
  tenantId: string,
  id: string,
): Promise<Order | undefined> {
  const [row] = await database<OrderRow[]>`
    select id, warehouse_id as "warehouseId", reference, lines, status,
      created_at as "createdAt", sequence::float8 as sequence
    from orders where tenant_id = ${tenantId} and id = ${id}`;
  return row === undefined ? undefined : toOrder(row);
}

/** The tenant's orders before `before`, newest first. */
export async function listOrders(
  database: Database,
  page: { tenantId: string; before: number; limit: number },
): Promise<Order[]> {
  const rows = await database<OrderRow[]>`
    select id, warehouse_id as "warehouseId", reference, lines, status,
      created_at as "createdAt", sequence::float8 as sequence
    from orders where tenant_id = ${page.tenantId} and sequence < ${page.before}
    order by sequence desc limit ${page.limit}`;
  return rows.map(toOrder);
}

function toOrder(row: OrderRow): Order {
  return { ...row, createdAt: row.createdAt.toISOString() };
}
