import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { outboundRoutes } from '../../services/outbound-api/app.js';
import type { Database } from '../../services/shared/storage/database.js';
import type { Answered, ApiUnderTest } from '../support/api.js';
import { createApiUnderTest } from '../support/api.js';
import type { OutboundDatabase } from '../support/outbound.js';
import { openOutboundDatabase, outboundOptions } from '../support/outbound.js';
import { startService } from '../support/service-process.js';

let outbound: OutboundDatabase;
let databaseUrl: string;
let database: Database;
let api: ApiUnderTest;

beforeAll(async () => {
  outbound = await openOutboundDatabase();
  ({ url: databaseUrl, database } = outbound);
  api = createApiUnderTest(outboundRoutes(outboundOptions(database)));
}, 60_000);

afterAll(() => outbound.stop());

const order = {
  warehouseId: 'north',
  reference: 'order-1',
  lines: [{ sku: 'SKU-0001', quantity: 2 }],
};

function accept(key: string, content: object = order, tenantId = 'acme'): Promise<Answered> {
  const headers = { 'idempotency-key': key, 'x-tenant-id': tenantId };
  return api.post('/outbound/orders', content, headers);
}

describe('an order', () => {
  test('is accepted, stored and found where the answer says', async () => {
    const { status, headers, body } = await accept('one');

    expect(status).toBe(202);
    expect(body).toMatchObject({ ...order, status: 'accepted' });
    const found = await api.get(headers.get('location')!);
    expect([found.status, found.body]).toEqual([200, body]);
  });

  test('of one key is accepted once, and every repetition gets the same answer', async () => {
    const answers = await Promise.all(
      [1, 2, 3, 4, 5].map(() => accept('again', { ...order, reference: 'once' })),
    );

    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    const [stored] = await database<[{ count: number }]>`
      select count(*)::int as count from orders where reference = 'once'`;
    expect(stored.count).toBe(1);
  });

  test('belongs to its tenant alone', async () => {
    const { headers } = await accept('hidden');

    const other = await api.get(headers.get('location')!, { 'x-tenant-id': 'globex' });

    expect(other.status).toBe(404);
  });

  test.each([
    { ...order, lines: [] },
    { ...order, lines: [{ sku: 'SKU-0001', quantity: 0 }] },
    { ...order, reference: '\ud800' },
    { lines: order.lines },
  ])('that reads %j is refused with 422', async (content) => {
    expect((await accept('bad', content)).status).toBe(422);
  });
});

test('orders are listed newest first, page by page', async () => {
  for (const reference of ['a', 'b', 'c']) {
    await accept(`list-${reference}`, { ...order, reference }, 'lister');
  }
  const page = async (query: string): Promise<Record<string, unknown>> =>
    (await api.get(`/outbound/orders?limit=2${query}`, { 'x-tenant-id': 'lister' })).body;

  const first = await page('');
  const second = await page(`&before=${String(first['next'])}`);

  expect(first).toMatchObject({ orders: [{ reference: 'c' }, { reference: 'b' }] });
  expect(second).toMatchObject({ orders: [{ reference: 'a' }], next: null });
});

describe('the process', () => {
  test('serves, shows its release, and exits cleanly on SIGTERM', async () => {
    const service = await startService('outbound-api', {
      DATABASE_URL: databaseUrl,
      RELEASE: 'v7',
      SHUTDOWN_DRAIN_MS: '0',
    });

    const health = await fetch(`${service.url}/healthz`);
    expect(await health.json()).toMatchObject({ status: 'ok', release: 'v7' });
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    expect(metrics).toContain(
      'http_requests_total{method="POST",route="/outbound/orders",kind="write",status="500"} 0',
    );
    expect(metrics).toMatch(/^nodejs_eventloop_lag_max_seconds [\d.e-]+$/m);
    expect(metrics).toMatch(/^process_resident_memory_bytes \d+$/m);
    expect(await service.terminate()).toBe(0);
  }, 30_000);

  test('fails on purpose when told to, yet stays truthful about its health', async () => {
    const service = await startService('outbound-api', {
      DATABASE_URL: databaseUrl,
      SHUTDOWN_DRAIN_MS: '0',
      FAULTS_ENABLED: 'true',
      FAULT_ERROR_RATE: '1',
    });

    const headers = { 'x-tenant-id': 'acme' };
    expect((await fetch(`${service.url}/outbound/orders`, { headers })).status).toBe(500);
    expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${service.url}/metrics`)).text()).toContain(
      'route="/outbound/orders",kind="read",status="500"} 1',
    );
    await service.terminate();
  }, 30_000);

  test('does not start without a database', async () => {
    await expect(startService('outbound-api', {})).rejects.toThrow('DATABASE_URL is not set');
  }, 30_000);
});
