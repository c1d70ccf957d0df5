import { setTimeout as elapsed } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Hono } from 'hono';
import { loadConfiguration } from '../../configuration/load-configuration.js';
import { FailedWrites } from '../../services/monitoring-api/failed-writes.js';
import { Monitor } from '../../services/monitoring-api/monitor.js';
import { parseExposition } from '../../services/monitoring-api/parse-exposition.js';
import { Readiness } from '../../services/shared/http/health-routes.js';
import { usualPatience } from '../../services/shared/http/patience.js';
import type { RunningServer } from '../../services/shared/http/server.js';
import { serve } from '../../services/shared/http/server.js';
import { createHttpMetrics } from '../../services/shared/telemetry/http-metrics.js';
import { MetricsRegistry } from '../../services/shared/telemetry/metrics-registry.js';
import { observeRequests } from '../../services/shared/telemetry/observe-requests.js';
import { SignalRing } from '../../services/shared/telemetry/signal-ring.js';
import type { Signal, SignalPage } from '../../services/shared/telemetry/signal-ring.js';
import { silent } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { PostgresUnderTest } from '../support/postgres.js';
import { startPostgres } from '../support/postgres.js';
import { orderLines } from '../support/post-order.js';
import { RawConnection } from '../support/raw-http.js';
import type { ServiceProcess } from '../support/service-process.js';
import { startService } from '../support/service-process.js';

/** What monitoring makes of two scrapes a second apart, by objective. */
function readingsOf(before: string, after: string) {
  const monitor = new Monitor(loadConfiguration(['configuration', 'configuration/local']));
  const store = monitor.store('inventory');
  const now = Date.parse('2026-01-01T00:00:00Z');
  store.updatePods(
    [{ name: 'pod', templateHash: null, createdAt: null, ready: true, address: '127.0.0.1:1' }],
    now,
  );
  store.recordScrape('pod', now, parseExposition(before));
  store.recordScrape('pod', now + 1_000, parseExposition(after));
  const { slos } = monitor.health('inventory', now + 1_000, null);
  return Object.fromEntries(slos.map((reading) => [reading.slo, reading]));
}

/** Audit events of failed writes, in one window of all times. */
function auditedOf(signals: readonly Signal[]): readonly unknown[] {
  const writes = new FailedWrites(1e15);
  writes.add(signals.map((signal) => ({ ...signal, service: 'inventory', pod: 'pod' })));
  return writes.due(Infinity);
}

const valueOf = (exposition: string, series: RegExp): number =>
  exposition
    .split('\n')
    .filter((line) => series.test(line))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
const withdrawn = /^http_requests_withdrawn_total\{/;
const abandoned = /^http_requests_total\{.*status="499"/;
const timed = /^http_request_duration_seconds_count\{/;

const post = (path: string, body: string, length = body.length): string =>
  [
    `POST ${path} HTTP/1.1`,
    'host: test',
    'x-tenant-id: acme',
    `idempotency-key: ${crypto.randomUUID()}`,
    'content-type: application/json',
    `content-length: ${length}\r\n\r\n${body}`,
  ].join('\r\n');

let postgres: PostgresUnderTest;
let service: ServiceProcess;
let server: RunningServer;
let registry: MetricsRegistry;
let signals: SignalRing;
beforeAll(async () => {
  postgres = await startPostgres();
  service = await startService('outbound-api', {
    DATABASE_URL: await postgres.createDatabase('leaving'),
  });
}, 60_000);
afterAll(async () => {
  await service.kill();
  await postgres.stop();
}, 30_000);
beforeEach(() => start());
afterEach(() => server.stop());

async function start(patience = usualPatience): Promise<void> {
  const app = new Hono();
  app.post('/hangs', () => new Promise<Response>(() => undefined));
  app.post('/reads', async (c) => c.text(await c.req.text()));
  app.post('/reads-and-hangs', async (c) => {
    await c.req.text();
    return new Promise<Response>(() => undefined);
  });
  registry = new MetricsRegistry();
  signals = new SignalRing();
  server = await serve(
    observeRequests(app, { metrics: createHttpMetrics(registry), logger: silent, signals }),
    {
      host: '127.0.0.1',
      port: 0,
      readiness: new Readiness(),
      logger: silent,
      drainMs: 0,
      patience,
    },
  );
}

/** Each on a connection of its own; `afterMs`: how long they wait for an answer. */
async function callersLeave(count: number, bytes: string, afterMs: number): Promise<void> {
  const callers = await Promise.all(
    Array.from({ length: count }, () => RawConnection.open(server.url)),
  );
  for (const { socket } of callers) socket.write(bytes);
  await elapsed(afterMs);
  for (const { socket } of callers) socket.destroy();
}

/** Resolves when the server has noticed that so many callers left. */
const left = (count: number): Promise<string> =>
  eventually(`${count} callers have left`, async () => {
    const text = await registry.metrics();
    const all = valueOf(text, withdrawn) + valueOf(text, abandoned);
    return all === count ? text : undefined;
  });

test('200 whole orders whose callers leave at once spend no error budget and are audited as no failure', async () => {
  const scrape = async () => (await fetch(`${service.url}/metrics`)).text();
  const order = JSON.stringify({ warehouseId: 'north', reference: 'leaves', lines: orderLines });
  const before = await scrape();
  for (let index = 0; index < 200; index += 1) {
    const { socket } = await RawConnection.open(service.url);
    socket.write(post('/outbound/orders', order), () => socket.destroy());
  }
  const after = await eventually('all are counted', async () => {
    const text = await scrape();
    const answered = valueOf(text, /^http_requests_total\{.*orders"/);
    return answered + valueOf(text, withdrawn) === 200 ? text : undefined;
  });
  expect(valueOf(after, withdrawn)).toBeGreaterThan(0);
  expect(valueOf(after, abandoned)).toBe(0);

  // A caller or two that stay, so that there is something to judge.
  const patient = await Promise.all(
    Array.from({ length: 100 }, () =>
      fetch(`${service.url}/outbound/orders`, { headers: { 'x-tenant-id': 'acme' } }),
    ),
  );
  expect(new Set(patient.map(({ status }) => status))).toEqual(new Set([200]));
  expect(readingsOf(before, await scrape())['error-rate']).toMatchObject({ state: 'ok', value: 0 });
  const page = (await (await fetch(`${service.url}/signals`)).json()) as SignalPage;
  expect(page.signals.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(auditedOf(page.signals)).toEqual([]);
}, 30_000);

test.each([
  ['without reading what they sent', post('/hangs', 'x')],
  ['after reading it', post('/reads-and-hangs', 'x')],
])(
  'a service that leaves callers waiting until they give up has failed them: %s',
  async (_when, bytes) => {
    const before = await registry.metrics();
    await callersLeave(100, bytes, 1_600);

    const after = await left(100);
    expect(valueOf(after, abandoned)).toBe(100);
    expect(readingsOf(before, after)).toMatchObject({
      'error-rate': { state: 'breached', value: 100 },
      'latency-p95': { state: 'breached' },
    });
    expect(auditedOf(signals.read().signals)).toHaveLength(1);
  },
  10_000,
);

test('a request that cannot be sent in full since nobody reads it is failed when it is turned away', async () => {
  await server.stop();
  const requestTimeout = 1_500;
  const headersTimeout = requestTimeout;
  const connectionsCheckingInterval = 100;
  await start({ ...usualPatience, requestTimeout, headersTimeout, connectionsCheckingInterval });
  const unread = await RawConnection.open(server.url);
  // Some of it is taken in, the rest waits outside.
  unread.send(post('/hangs', 'x'.repeat(20_000), 60_000));
  const late = await RawConnection.open(server.url);
  late.send(post('/reads', 'x'.repeat(20_000), 60_000));
  await Promise.all([unread.closed(), late.closed()]);

  const after = await left(2);
  expect([valueOf(after, abandoned), valueOf(after, withdrawn)]).toEqual([1, 1]);
});

test('callers that give up before it is a failure still show that the service is slow', async () => {
  const before = await registry.metrics();
  await callersLeave(100, post('/hangs', 'x'), 700);

  const after = await left(100);
  expect(valueOf(after, withdrawn)).toBe(100);
  expect(readingsOf(before, after)['latency-p95']).toMatchObject({ state: 'breached' });
  const { signals: seen } = signals.read();
  expect(new Set(seen.map(({ severity }) => severity))).toEqual(new Set(['warning']));
  expect(auditedOf(seen)).toEqual([]);
});

test('a caller that never sends all of its request has not been failed, however long it takes', async () => {
  const connection = await RawConnection.open(server.url);
  connection.send(post('/reads', 'half', 8));
  await elapsed(1_600);
  connection.socket.destroy();

  const after = await left(1);
  expect(valueOf(after, withdrawn)).toBe(1);
  expect(valueOf(after, timed)).toBe(0);
  expect(signals.read().signals).toEqual([]);
});

test('a wait begins when the last byte is sent: time taken to send is not held against the service', async () => {
  const connection = await RawConnection.open(server.url);
  connection.send(post('/reads-and-hangs', 'half', 8));
  await elapsed(1_600);
  connection.socket.write('half', () => connection.socket.destroy());

  const after = await left(1);
  expect(valueOf(after, withdrawn)).toBe(1);
  expect(auditedOf(signals.read().signals)).toEqual([]);
});

test('a request that its caller takes long to send makes no service slow', async () => {
  const connection = await RawConnection.open(server.url);
  connection.send(post('/reads', 'half', 8));
  await elapsed(700);
  connection.send('half');
  expect((await connection.answer({ hasBody: false })).status).toBe(200);
  connection.socket.destroy();

  const seconds = valueOf(await registry.metrics(), /^http_request_duration_seconds_sum\{/);
  expect(seconds).toBeLessThan(0.5);
  expect(signals.read().signals).toEqual([]);
});

test('a process that is held up has failed the callers that left meanwhile, though it read them too late', async () => {
  // It runs in this very process, which is held up with it.
  const whole = await RawConnection.open(server.url);
  whole.send(post('/hangs', 'x'));
  const part = await RawConnection.open(server.url);
  part.send(post('/hangs', 'x', 2));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_600);
  whole.socket.destroy();
  part.socket.destroy();

  const after = await left(2);
  expect([valueOf(after, abandoned), valueOf(after, withdrawn)]).toEqual([1, 1]);
});
