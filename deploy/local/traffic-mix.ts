import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export interface PlannedRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Called with the headers of a successful answer. */
  readonly onAnswer?: (headers: IncomingHttpHeaders) => void;
}

/** Makes the next request of a service. */
export type TrafficMix = () => PlannedRequest;

/** What callers of the stock service ask for: seven reads to three writes. */
export function createInventoryMix(): TrafficMix {
  return () => {
    const share = Math.random();
    const warehouseId = anyOf(warehouses);
    if (share < 0.4) return get(`/inventory/items/${anySku()}`);
    if (share < 0.65) return get(`/inventory/items?warehouseId=${warehouseId}&limit=20`);
    if (share < 0.7) return get('/inventory/report');
    if (share < 0.92) {
      return post('/inventory/reservations', { warehouseId, sku: anySku(), quantity: 1 });
    }
    const delivery = { warehouseId, sku: anySku(), delta: 5, reason: 'delivery' };
    return post('/inventory/adjustments', delivery);
  };
}

/** What callers of the order service ask for: about as many new orders as looks at them. */
export function createOutboundMix(): TrafficMix {
  const recent: { tenantId: string; path: string }[] = [];
  return () => {
    const share = Math.random();
    const known = anyOf(recent);
    if (share < 0.15) return get('/outbound/orders?limit=20');
    if (share < 0.5 && known !== undefined) return get(known.path, known.tenantId);
    const tenantId = anyOf(tenants);
    const lines = [{ sku: anySku(), quantity: 1 }];
    const order = { warehouseId: anyOf(warehouses), reference: 'traffic', lines };
    return {
      ...post('/outbound/orders', order, tenantId),
      onAnswer({ location }) {
        if (location !== undefined) recent.push({ tenantId, path: location });
        if (recent.length > 50) recent.shift();
      },
    };
  };
}

const tenants = ['acme', 'globex'] as const;
const warehouses = ['north', 'south'] as const;

function get(path: string, tenantId: string = anyOf(tenants)): PlannedRequest {
  return { method: 'GET', path, headers: { 'x-tenant-id': tenantId } };
}

function post(path: string, content: unknown, tenantId: string = anyOf(tenants)): PlannedRequest {
  return {
    method: 'POST',
    path,
    headers: {
      'x-tenant-id': tenantId,
      'idempotency-key': randomUUID(),
      'content-type': 'application/json',
    },
    body: JSON.stringify(content),
  };
}

function anySku(): string {
  return `SKU-${String(1 + Math.floor(Math.random() * 300)).padStart(4, '0')}`;
}

function anyOf<T>(values: readonly [T, ...T[]]): T;
function anyOf<T>(values: readonly T[]): T | undefined;
function anyOf<T>(values: readonly T[]): T | undefined {
  return values[Math.floor(Math.random() * values.length)];
}
