import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as elapsed } from 'node:timers/promises';
import { isUnavailable } from '../../services/shared/storage/is-unavailable.js';
import { openDatabase } from '../../services/shared/storage/database.js';
import type { CuttingProxy } from '../support/cutting-proxy.js';
import { startCuttingProxy } from '../support/cutting-proxy.js';
import { eventually } from '../support/eventually.js';
import type { PostgresUnderTest } from '../support/postgres.js';
import { startPostgres } from '../support/postgres.js';
import { orderLines } from '../support/post-order.js';
import type { ServiceProcess } from '../support/service-process.js';
import { startService } from '../support/service-process.js';

let postgres: PostgresUnderTest;
let proxy: CuttingProxy;
let databaseUrl: string;
beforeAll(async () => {
  postgres = await startPostgres({ tls: true });
  const url = new URL(await postgres.createDatabase('silent'));
  proxy = await startCuttingProxy(Number(url.port));
  url.port = String(proxy.port);
  databaseUrl = url.href;
}, 60_000);
afterAll(async () => {
  await proxy.stop();
  await postgres.stop();
}, 30_000);

const reasonOf = (query: Promise<unknown>): Promise<unknown> =>
  query.then(
    () => 'answered',
    (reason: unknown) => reason,
  );

const ways = [
  ['plain', ''],
  ['under TLS', '?sslmode=require'],
] as const;

test.each(ways)(
  'a connection that falls silent is given up a second after its statement should have ended: %s',
  async (_way, mode) => {
    const of = { schema: 'public', name: 'test', max: 2, statementTimeoutMs: 500 };
    const database = openDatabase(databaseUrl + mode, of);
    expect(await database`select ssl from pg_stat_ssl where pid = pg_backend_pid()`).toEqual([
      { ssl: mode !== '' },
    ]);
    await Promise.all([database`select pg_sleep(0.1)`, database`select pg_sleep(0.1)`]);
    const startedAt = performance.now();
    let silenceAt = Infinity;
    const begun = database.begin(async (transaction) => {
      await transaction`select 1`;
      proxy.silence();
      silenceAt = performance.now();
      await transaction`select 2`;
    });
    while (silenceAt === Infinity) await elapsed(10);
    // Some queue behind the first ones: further requests must not prolong the wait.
    const queries = Array.from({ length: 10 }, () => database`select 1`);
    const reasons = await Promise.all([begun, ...queries].map(reasonOf));
    const failures = reasons.filter((reason) => reason !== 'answered');

    expect(failures.length).toBeGreaterThan(1);
    expect(failures.every(isUnavailable)).toBe(true);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    expect(await database`select 1 as one`).toEqual([{ one: 1 }]);
    await database.end({ timeout: 1 });
  },
  30_000,
);

test.each(ways)(
  'a statement that the server is still at is not given up, nor a connection that nobody uses: %s',
  async (_way, mode) => {
    const of = { schema: 'public', name: 'test', max: 1, statementTimeoutMs: 500 };
    const database = openDatabase(databaseUrl + mode, of);
    const before = proxy.connections;
    expect(await reasonOf(database`select pg_sleep(1)`)).toMatchObject({ code: '57014' });
    // Idle for longer than any answer may take.
    await elapsed(1_700);
    await database`select 1`;

    expect(proxy.connections - before).toBe(1);
    await database.end({ timeout: 1 });
  },
  30_000,
);

const services: ServiceProcess[] = [];
afterAll(async () => {
  await Promise.all(services.map((service) => service.kill()));
});
async function start(name: string): Promise<(path: string, content?: object) => Promise<Answer>> {
  const service = await startService(name, {
    DATABASE_URL: databaseUrl,
    DOWNSTREAM_URL: 'http://127.0.0.1:9',
  });
  services.push(service);
  return async (path, content) => {
    const startedAt = performance.now();
    const response = await fetch(`${service.url}${path}`, {
      method: content === undefined ? 'GET' : 'POST',
      headers: {
        'x-tenant-id': 'acme',
        'content-type': 'application/json',
        'idempotency-key': crypto.randomUUID(),
      },
      ...(content !== undefined && { body: JSON.stringify(content) }),
      signal: AbortSignal.timeout(15_000),
    });
    const text = await response.text();
    return { status: response.status, text, afterMs: performance.now() - startedAt };
  };
}
interface Answer {
  readonly status: number;
  readonly text: string;
  readonly afterMs: number;
}
const order = { warehouseId: 'north', reference: 'silent', lines: orderLines };

test('while the database is silent orders get 503 and the scrape shows it, within the time a scrape has', async () => {
  const ask = await start('outbound-api');
  await Promise.all(Array.from({ length: 20 }, () => ask('/outbound/orders', order)));

  proxy.holdAnswers();
  const orders = Array.from({ length: 20 }, () => ask('/outbound/orders', order));
  for (let scrape = 0; scrape < 3; scrape += 1) {
    const metrics = await ask('/metrics');
    expect(metrics.status).toBe(200);
    expect(metrics.afterMs).toBeLessThan(2_000);
    expect(metrics.text).toContain('outbound_queue_oldest_seconds Nan');
  }
  const answers = await Promise.all(orders);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
  const { text } = await ask('/metrics');
  expect(text).toMatch(/http_requests_total\{.*orders",kind="write",status="503"\} 20/);

  proxy.restore();
  await eventually('orders are taken again', async () =>
    (await ask('/outbound/orders', order)).status === 202 ? true : undefined,
  );
}, 60_000);

test.each([
  ['inventory-api', '/inventory/items?warehouseId=north'],
  ['outbound-api', '/outbound/orders'],
])(
  '%s goes on by itself when its connections are silent for good and new ones work',
  async (name, path) => {
    const ask = await start(name);
    await Promise.all(Array.from({ length: 40 }, () => ask(path)));

    proxy.silence();
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(path)));
    expect(answers.map(({ status }) => status)).toContain(503);
    expect(Math.max(...answers.map(({ afterMs }) => afterMs))).toBeLessThan(10_000);
    await eventually(
      'all are served',
      async () => {
        const next = await Promise.all(Array.from({ length: 10 }, () => ask(path)));
        return next.every(({ status }) => status === 200) ? true : undefined;
      },
      // Less than what another silent connection would cost.
      3_000,
    );
  },
  60_000,
);

test('orders are dispatched again after a claim that never was answered', async () => {
  const ask = await start('outbound-api');
  proxy.silence();
  const deliveries = async () =>
    /outbound_deliveries_total\{result="unavailable"\} (\d+)/.exec(
      (await ask('/metrics')).text,
    )?.[1];
  await eventually('an order is accepted', async () =>
    (await ask('/outbound/orders', { ...order, warehouseId: 'east' })).status === 202
      ? true
      : undefined,
  );
  await eventually('an attempt is made', async () =>
    Number(await deliveries()) > 0 ? true : undefined,
  );
}, 60_000);
