import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Database } from '../../services/shared/storage/database.js';
import { eventually } from '../support/eventually.js';
import type { FlagFolder } from '../support/flag-folder.js';
import { createFlagFolder } from '../support/flag-folder.js';
import type {
  DownstreamUnderTest,
  MonitoringUnderTest,
  OutboundDatabase,
} from '../support/outbound.js';
import { openOutboundDatabase, startDownstream, startFedMonitoring } from '../support/outbound.js';
import type { ServiceProcess } from '../support/service-process.js';
import { startService } from '../support/service-process.js';

let outbound: OutboundDatabase;
let database: Database;
let downstream: DownstreamUnderTest;
let monitoring: MonitoringUnderTest;
let isolations: FlagFolder;
let service: ServiceProcess;

beforeAll(async () => {
  [outbound, downstream, monitoring, isolations] = await Promise.all([
    openOutboundDatabase(),
    startDownstream(),
    startFedMonitoring(),
    createFlagFolder(),
  ]);
  database = outbound.database;
  monitoring.feed('ok');
  service = await startService('outbound-api', {
    DATABASE_URL: outbound.url,
    DOWNSTREAM_URL: `${downstream.url}/`,
    MONITORING_URL: monitoring.url,
    MONITORED_SERVICE: monitoring.service,
    SERVICE_TOKEN: 'service-token',
    SRE_TOKEN: 'sre-token',
    ISOLATION_DIR: isolations.folder,
    SHUTDOWN_DRAIN_MS: '0',
  });
}, 60_000);

afterAll(async () => {
  await service.terminate();
  await Promise.all([downstream.stop(), monitoring.stop(), isolations.remove()]);
  await outbound.stop();
});

beforeEach(() => {
  downstream.received.length = 0;
  downstream.answer = () => 201;
});

afterEach(() => {
  isolations.mount({});
});

async function accept(tenantId: string, traceparent = ''): Promise<string> {
  const response = await fetch(`${service.url}/outbound/orders`, {
    method: 'POST',
    headers: {
      'x-tenant-id': tenantId,
      'idempotency-key': crypto.randomUUID(),
      'content-type': 'application/json',
      traceparent,
    },
    body: JSON.stringify({
      warehouseId: 'north',
      reference: 'test',
      lines: [{ sku: 'SKU-0001', quantity: 1 }],
    }),
  });
  expect(response.status).toBe(202);
  return ((await response.json()) as { id: string }).id;
}

/** As `curl -d` sends it: JSON that is declared a form. */
function retry(body: object, token = 'service-token'): Promise<Response> {
  return fetch(`${service.url}/outbound/retry`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: JSON.stringify(body),
  });
}

function arrived(id: string): Promise<true> {
  return eventually(`order ${id} arrives`, () =>
    downstream.received.some(({ key }) => key === id) ? true : undefined,
  );
}

async function isolate(tenantId: string): Promise<void> {
  const expiresAt = new Date(Date.now() + 60_000).toISOString();
  const entry = { mode: 'block-outbound', expiresAt, request: 'test' };
  isolations.mount({ [tenantId]: JSON.stringify(entry) });
  await eventually('the isolation is in force', async () => {
    const health = await (await fetch(`${service.url}/healthz`)).json();
    return (health as { modes: { isolations: number } }).modes.isolations === 1 ? true : undefined;
  });
}

async function addWaiting(tenantId: string, status: 'accepted' | 'dead'): Promise<string> {
  const [row] = await database<[{ id: string }]>`
    insert into orders (tenant_id, warehouse_id, reference, lines, status, created_at, next_attempt_at)
    values (${tenantId}, 'north', 'test', '[]', ${status}, now() - interval '1 hour',
      now() + ${status === 'dead' ? '1 hour' : '0'}::interval) returning id`;
  return row.id;
}

test('an accepted order arrives within the trace of the request', async () => {
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
  const id = await accept('acme', `00-${trace}-00f067aa0ba902b7-01`);
  await arrived(id);

  const [order] = downstream.received;
  expect(order?.traceparent).toMatch(
    new RegExp(`^00-${trace}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`),
  );
}, 30_000);

test('a forced retry brings back a dead letter, and metrics tell', async () => {
  const id = await addWaiting('acme', 'dead');

  const response = await retry({ tenantId: 'acme', force: true, maxAttempts: 3, backoffMs: 5000 });
  expect(response.status).toBe(202);
  await arrived(id);

  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  expect(metrics).toMatch(/^outbound_deliveries_total\{result="delivered"\} [1-9]/m);
  expect(metrics).toContain('outbound_breaker_state{state="closed"} 1\n');
  expect(metrics).toContain('outbound_breaker_state{state="open"} 0\n');
  expect(metrics).toContain('outbound_retries_total 1\n');
}, 30_000);

test('an isolated tenant keeps its queued orders, and its retry, until it is free; others flow', async () => {
  await isolate('acme');
  const held = await addWaiting('acme', 'accepted');
  const free = await addWaiting('globex', 'accepted');
  await arrived(free);

  const refused = await retry({ tenantId: 'acme' });
  expect([refused.status, refused.headers.get('x-operating-mode')]).toEqual([503, 'isolated']);
  const forAll = await retry({ allTenants: true }, 'sre-token');
  expect(await forAll.json()).toMatchObject({ orders: 1, waiting: 1, status: 'running' });
  const queue = await fetch(`${service.url}/outbound/queue`, {
    headers: { authorization: 'Bearer service-token' },
  });
  expect(await queue.json()).toMatchObject({
    waiting: 1,
    tenants: [{ tenantId: 'acme', isHeld: true }],
  });
  expect(downstream.received.map(({ key }) => key)).toEqual([free]);

  isolations.mount({});
  await arrived(held);
}, 30_000);
