import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { auditRoutes } from '../../services/monitoring-api/audit.routes.js';
import { FailedWrites } from '../../services/monitoring-api/failed-writes.js';
import { writeFailedWrites } from '../../services/monitoring-api/write-failed-writes.js';
import type { PodSignal } from '../../services/monitoring-api/signal-log.js';
import { appendAuditEvents } from '../../services/shared/storage/audit/append-audit-events.js';
import { listAuditEvents } from '../../services/shared/storage/audit/read-audit-events.js';
import type { Database } from '../../services/shared/storage/database.js';
import {
  migrateRegistry,
  openRegistry,
} from '../../services/shared/storage/registry/open-registry.js';
import { pingDatabase } from '../../services/shared/storage/database.js';
import { DatabaseGuard } from '../../services/shared/storage/database-guard.js';
import { createApiUnderTest, silent } from '../support/api.js';
import { startCuttingProxy } from '../support/cutting-proxy.js';
import { eventually } from '../support/eventually.js';
import { startPostgres } from '../support/postgres.js';
import type { PostgresUnderTest } from '../support/postgres.js';

let postgres: PostgresUnderTest;
let url: string;
let database: Database;
beforeAll(async () => {
  postgres = await startPostgres();
  url = await postgres.createDatabase('monitoring');
  database = openRegistry(url, 'test');
}, 60_000);
afterAll(async () => {
  await database.end({ timeout: 1 });
  await postgres.stop();
});

const windowMs = 1_000;
const failure = (tenant: string, at: number): PodSignal => ({
  at: new Date(at).toISOString(),
  service: 'inventory',
  pod: 'inventory-api-1',
  severity: 'error',
  kind: 'span',
  method: 'POST',
  route: '/inventory/reservations',
  status: 500,
  durationMs: 10,
  tenant,
  warehouse: 'north',
  requestId: 'r-1',
  traceId: null,
  spanId: null,
  message: null,
});

test('failed writes wait for the database, are recorded once, and are found by service and tenant', async () => {
  const failedWrites = new FailedWrites(windowMs);
  let reachable = false;
  const write = writeFailedWrites({
    failedWrites,
    database,
    migrate: async () => {
      if (!reachable) throw new Error('connection refused');
      await migrateRegistry(url, silent);
    },
    logger: silent,
  });
  const api = createApiUnderTest(auditRoutes(database, []));
  const start = Date.parse('2026-01-01T00:00:00Z');
  const signals = ['acme', 'globex', 'acme'].map((tenant) => failure(tenant, start));
  failedWrites.add(signals);
  await write(start + 10 * windowMs);
  expect((await api.get('/audit/events')).status).toBe(503);
  reachable = true;
  await write(start + 10 * windowMs);
  await write(start + 10 * windowMs);
  // A monitor that started anew reads the same signals again.
  const again = new FailedWrites(windowMs);
  again.add(signals);
  const rewrite = writeFailedWrites({
    failedWrites: again,
    database,
    migrate: () => Promise.resolve(),
    logger: silent,
  });
  await rewrite(start + 10 * windowMs);

  expect((await api.get('/audit/events?service=inventory')).body).toMatchObject({
    events: [
      { position: 2, tenant: 'globex' },
      {
        position: 1,
        tenant: 'acme',
        kind: 'failed-writes',
        what: '2 × POST /inventory/reservations failed with 500',
        target: 'warehouse north',
      },
    ],
    next: null,
  });
  const only = await api.get('/audit/events?tenant=globex&kind=failed-writes&limit=1');
  expect(only.body).toMatchObject({ events: [{ tenant: 'globex' }], next: 2 });
  expect((await api.get('/audit/events?cursor=2')).body).toMatchObject({
    events: [{ position: 1 }],
  });
  for (const query of ['kind=nonsense', 'tenant=%00', 'since=9999-12-31T23:59:59-23:59']) {
    expect((await api.get(`/audit/events?${query}`)).status).toBe(422);
  }
});

test('one failed write that the database refuses for good keeps no other waiting', async () => {
  const failedWrites = new FailedWrites(windowMs);
  const write = writeFailedWrites({
    failedWrites,
    database,
    migrate: () => migrateRegistry(url, silent),
    logger: silent,
  });
  const start = Date.parse('2026-02-01T00:00:00Z');
  const tooLong = randomBytes(6_000).toString('base64');
  failedWrites.add(['a-corp', tooLong, 'z\0 \ud800'].map((tenant) => failure(tenant, start)));
  await write(start + 10 * windowMs);

  expect(failedWrites.due(start + 10 * windowMs)).toEqual([]);
  const recorded = await listAuditEvents(database, { limit: 2 });
  expect(recorded.map(({ tenant }) => tenant)).toEqual(['z\ufffd \ufffd', 'a-corp']);
});

describe('a failed write is counted once', () => {
  const tenants = (count: number) => Array.from({ length: count }, (_, index) => `t-${index}`);
  const fresh = async () => {
    const url = await postgres.createDatabase(`once_${randomBytes(4).toString('hex')}`);
    const database = openRegistry(url, 'test');
    opened.push(database);
    const monitor = (windowMs: number) => {
      const failedWrites = new FailedWrites(windowMs);
      const migrate = () => migrateRegistry(url, silent);
      return {
        failedWrites,
        write: writeFailedWrites({ failedWrites, database, migrate, logger: silent }),
      };
    };
    const counted = async (): Promise<number> => {
      const [row] = await database<{ count: number }[]>`
        select coalesce(sum((details ->> 'count')::int), 0)::int as count from audit_events`;
      return row?.count ?? NaN;
    };
    return { database, monitor, counted };
  };
  const opened: Database[] = [];
  afterAll(async () => {
    await Promise.all(opened.map((database) => database.end({ timeout: 1 })));
  });
  const start = Date.parse('2026-03-01T00:00:00Z');
  const end = start + 100 * windowMs;
  /** Of 5 pods, 10 windows of 50 tenants each: 2,500 failures, most of which are told together. */
  const outage = [1, 2, 3, 4, 5].flatMap((pod) =>
    tenants(500).map((tenant, index) => ({
      ...failure(tenant, start + index * 20),
      pod: `inventory-api-${pod}`,
    })),
  );

  test('when a monitor starts anew and reads at once what was read little by little', async () => {
    const { monitor, counted } = await fresh();
    const before = monitor(windowMs);
    for (let first = 0; first < outage.length; first += 100) {
      before.failedWrites.add(outage.slice(first, first + 100));
      await before.write(start + first * 20);
    }
    await before.write(end);
    expect(await counted()).toBe(outage.length);

    const after = monitor(windowMs);
    after.failedWrites.add([...outage].reverse());
    await after.write(end);

    expect(await counted()).toBe(outage.length);
    expect(after.failedWrites.due(end)).toEqual([]);
  });

  test('when the pods have lost the oldest of it meanwhile, or other windows are configured', async () => {
    const { monitor, counted } = await fresh();
    const before = monitor(windowMs);
    before.failedWrites.add(outage);
    await before.write(end);
    for (const [since, length] of [
      [start + 5_310, windowMs],
      [start, windowMs / 4],
      [start, windowMs * 3],
    ] as const) {
      const after = monitor(length);
      after.failedWrites.add(outage.filter(({ at }) => Date.parse(at) >= since));
      await after.write(end);
    }
    expect(await counted()).toBe(outage.length);
  });

  test('and what happened while no monitor ran is counted too', async () => {
    const { monitor, counted } = await fresh();
    const [early, late] = [outage.slice(0, 50), outage.slice(50, 500)];
    const before = monitor(windowMs);
    before.failedWrites.add(early);
    await before.write(end);
    const after = monitor(windowMs);
    after.failedWrites.add([...early, ...late]);
    await after.write(end);
    expect(await counted()).toBe(500);
  });

  test('by two monitors that write at the same time, and by one that wrote only a part', async () => {
    const { database, monitor, counted } = await fresh();
    const part = monitor(windowMs);
    part.failedWrites.add(outage);
    await part.write(start);
    const [some] = part.failedWrites.due(end);
    await database.begin((sql) => appendAuditEvents(sql, some?.events() ?? []));

    const both = [monitor(windowMs), monitor(windowMs)];
    both[0]?.failedWrites.add(outage);
    both[1]?.failedWrites.add([...outage].reverse());
    await Promise.all(both.map(({ write }) => write(end)));

    expect(await counted()).toBe(outage.length);
    for (const { failedWrites } of both) expect(failedWrites.due(end)).toEqual([]);
  });
});

test('without a database the audit says so', async () => {
  const { status, body } = await createApiUnderTest(auditRoutes(null, [])).get('/audit/events');
  expect(status).toBe(503);
  expect(body['detail']).toBe('there is no audit: start monitoring-api with DATABASE_URL');
});

test('who is not known does not read the audit', async () => {
  const api = createApiUnderTest(auditRoutes(database, ['current', 'previous']));
  const ask = async (headers?: Record<string, string>) =>
    (await api.get('/audit/events', headers)).status;

  expect(await ask()).toBe(401);
  expect(await ask({ authorization: 'Bearer guess' })).toBe(401);
  expect(await ask({ authorization: 'Bearer previous' })).toBe(200);
});

test('the audit is written and read again after a database that fell silent, and refused meanwhile', async () => {
  const way = new URL(url);
  const proxy = await startCuttingProxy(Number(way.port));
  way.port = String(proxy.port);
  const database = openRegistry(way.href, 'test');
  const failedWrites = new FailedWrites(windowMs);
  const migrate = () => migrateRegistry(url, silent);
  const write = writeFailedWrites({ failedWrites, database, migrate, logger: silent });
  const ping = () => pingDatabase(way.href, { schema: 'registry', name: 'test ping' }, 200);
  const guard = new DatabaseGuard({ ping, logger: silent, retryMs: 50 });
  const api = createApiUnderTest(auditRoutes(database, [], guard));
  const read = () => api.get('/audit/events?tenant=silent');
  const start = Date.parse('2026-04-01T00:00:00Z');
  await write(start);
  expect((await read()).body).toEqual({ events: [], next: null });
  failedWrites.add([failure('silent', start)]);

  proxy.holdAnswers();
  const [reading] = await Promise.all([read(), write(start + 10 * windowMs)]);
  expect(reading.status).toBe(503);
  const startedAt = performance.now();
  expect((await read()).status).toBe(503);
  expect(performance.now() - startedAt).toBeLessThan(1_000);

  proxy.restore();
  await eventually('what waited is written', async () => {
    await write(start + 10 * windowMs);
    const { body } = await read();
    return (body.events as unknown[] | undefined)?.length === 1 ? true : undefined;
  });
  await database.end({ timeout: 1 });
  await proxy.stop();
}, 60_000);
