import type { Database } from '../../../services/shared/storage/database.js';

interface SentOrder {
  /** The sender's idempotency key. */
  readonly key: string;
  readonly tenantId: string;
  readonly warehouseId: string;
  readonly reference: string;
  readonly lines: { readonly sku: string; readonly quantity: number }[];
}

interface ReceivedOrder extends SentOrder {
  /** Rises with every order. */
  readonly sequence: number;
  /** ISO 8601. */
  readonly receivedAt: string;
}

interface OrderRow extends Omit<ReceivedOrder, 'receivedAt'> {
  readonly receivedAt: Date;
}

/** Stores the order, or finds it stored: a key is never forgotten. Undefined when it stands for another order. */
export async function takeOrder(
  database: Database,
  { key, tenantId, warehouseId, reference, lines }: SentOrder,
): Promise<ReceivedOrder | undefined> {
  // The update changes nothing: it waits for whoever inserts the same key now, and gives the row.
  const [row] = await database<OrderRow[]>`
    insert into orders as known (key, tenant_id, warehouse_id, reference, lines)
    values (${key}, ${tenantId}, ${warehouseId}, ${reference}, ${JSON.stringify(lines)}::text::jsonb)
    on conflict (key) do update set key = excluded.key
    where (known.tenant_id, known.warehouse_id, known.reference, known.lines)
      = (excluded.tenant_id, excluded.warehouse_id, excluded.reference, excluded.lines)
    returning key, sequence::float8 as sequence, tenant_id as "tenantId",
      warehouse_id as "warehouseId", reference, lines, received_at as "receivedAt"`;
  return row === undefined ? undefined : toOrder(row);
}

/** Orders after `after`, in the order of arrival; of all tenants when none is given. */
export async function listOrders(
  database: Database,
  { tenantId, after, limit }: { tenantId: string | undefined; after: number; limit: number },
): Promise<ReceivedOrder[]> {
  const rows = await database<OrderRow[]>`
    select key, sequence::float8 as sequence, tenant_id as "tenantId",
      warehouse_id as "warehouseId", reference, lines, received_at as "receivedAt"
    from orders
    where sequence > ${after} ${tenantId === undefined ? database`` : database`and tenant_id = ${tenantId}`}
    order by sequence limit ${limit}`;
  return rows.map(toOrder);
}

function toOrder(row: OrderRow): ReceivedOrder {
  return { ...row, receivedAt: row.receivedAt.toISOString() };
}
