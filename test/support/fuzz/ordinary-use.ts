import { randomUUID } from 'node:crypto';
import { eventually } from '../eventually.js';
import type { ApisUnderTest } from './start-apis.js';
import { serviceToken } from './start-apis.js';

/** What an ordinary caller was given. */
export interface OrdinaryUse {
  /** Id of an order of acme that has arrived downstream. */
  readonly order: string;
  /** Id of a retry of acme's orders. */
  readonly retry: string;
  /** Name of an incident that has closed by itself. */
  readonly incident: string;
}

const tenant = { 'x-tenant-id': 'acme' };
const service = { authorization: `Bearer ${serviceToken}` };

/**
 * Does what callers do every day: has an order delivered and goods reserved, asks for a retry, and opens an incident of a
 * healthy service, which closes. @throws Error naming what was not as it should be.
 */
export async function useOrdinarily({ processes }: ApisUnderTest): Promise<OrdinaryUse> {
  const inventory = processes['inventory-api'].url;
  const outbound = processes['outbound-api'].url;
  const incidents = `${processes['incident-api'].url}/incidents`;

  const lines = [{ sku: 'SKU-0001', quantity: 1 }];
  const key = { 'idempotency-key': randomUUID() };
  const accepted = await post<{ id: string }>(
    `${outbound}/outbound/orders`,
    { ...tenant, ...key },
    { warehouseId: 'north', reference: 'ordinary', lines },
  );
  await eventually('the order is delivered', async () => {
    const order = await get<{ status: string }>(`${outbound}/outbound/orders/${accepted.id}`);
    return order.status === 'delivered' || undefined;
  });
  await post(
    `${inventory}/inventory/reservations`,
    { ...tenant, ...key },
    { warehouseId: 'north', sku: 'SKU-0001', quantity: 1 },
  );
  const retry = await eventually(
    'a retry is begun',
    () => post<{ id: string }>(`${outbound}/outbound/retry`, service, { tenantId: 'acme' }),
    30_000,
  );

  const startedAt = new Date().toISOString();
  const opening = { service: 'outbound', reason: 'ordinary', by: 'a test' };
  const incident = await eventually(
    'an incident of a healthy service has closed',
    async () => {
      const list = await get<{ incidents: { name: string; closedAt: string | null }[] }>(
        `${incidents}?service=outbound`,
      );
      const closed = list.incidents.find(({ closedAt }) => (closedAt ?? '') > startedAt);
      // Again and again: the one before may be closing, and would take the first opening for its own.
      if (closed === undefined && list.incidents.every(({ closedAt }) => closedAt !== null)) {
        await post(incidents, service, opening);
      }
      return closed?.name;
    },
    60_000,
  );
  return { order: accepted.id, retry: retry.id, incident };
}

async function get<T>(url: string): Promise<T> {
  return read(await fetch(url, { headers: { ...tenant, ...service } }));
}

async function post<T>(
  url: string,
  headers: Readonly<Record<string, string>>,
  content: unknown,
): Promise<T> {
  const body = JSON.stringify(content);
  const type = { 'content-type': 'application/json' };
  return read(await fetch(url, { method: 'POST', headers: { ...headers, ...type }, body }));
}

async function read<T>(response: Response): Promise<T> {
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${text}`);
  return JSON.parse(text) as T;
}
