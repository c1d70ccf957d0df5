import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Database } from '../../services/shared/storage/database.js';
import { openDatabase } from '../../services/shared/storage/database.js';
import { eventually } from '../support/eventually.js';
import type { FlagFolder } from '../support/flag-folder.js';
import { createFlagFolder } from '../support/flag-folder.js';
import type { PostgresUnderTest } from '../support/postgres.js';
import { startPostgres } from '../support/postgres.js';
import type { ServiceProcess } from '../support/service-process.js';
import { startService } from '../support/service-process.js';

/** What the issue promises: a flag that changes is obeyed by then. */
const obeyedWithinMs = 2_000;

let postgres: PostgresUnderTest;
let database: Database;
let flags: FlagFolder;
let isolations: FlagFolder;
let inventory: ServiceProcess;
let outbound: ServiceProcess;
let keys = 0;

beforeAll(async () => {
  postgres = await startPostgres();
  const databaseUrl = await postgres.createDatabase('modes');
  flags = await createFlagFolder();
  isolations = await createFlagFolder();
  const environment = {
    DATABASE_URL: databaseUrl,
    DATABASE_POOL_MAX: '10',
    SHUTDOWN_DRAIN_MS: '0',
    FLAGS_DIR: flags.folder,
    FLAG_MODE: 'inventory.mode',
    FLAG_MODE_EXPIRES_AT: 'inventory.overrideExpiresAt',
    ISOLATION_DIR: isolations.folder,
  };
  [inventory, outbound] = await Promise.all([
    startService('inventory-api', environment),
    startService('outbound-api', { ...environment, FLAG_MODE: 'outbound.mode' }),
  ]);
  database = openDatabase(databaseUrl, { schema: 'inventory', name: 'test', max: 2 });
}, 60_000);

afterAll(async () => {
  await Promise.all([inventory.terminate(), outbound.terminate()]);
  await database.end({ timeout: 1 });
  await Promise.all([postgres.stop(), flags.remove(), isolations.remove()]);
});

beforeEach(async () => {
  flags.mount({});
  isolations.mount({});
  await Promise.all([
    untilModes(inventory, { mode: 'normal', shed: 'none', isolations: 0, refusedFlags: [] }),
    untilModes(outbound, { shed: 'none', isolations: 0, refusedFlags: [] }),
  ]);
});

type Modes = Record<string, unknown>;

async function modesOf(service: ServiceProcess): Promise<Modes> {
  const health = await fetch(`${service.url}/healthz`);
  return ((await health.json()) as { modes: Modes }).modes;
}

/** Resolves when `/healthz` tells these modes. @throws Error when that takes longer than promised. */
async function untilModes(service: ServiceProcess, wanted: Modes): Promise<void> {
  await eventually(
    `modes are ${JSON.stringify(wanted)}`,
    async () => {
      const modes = await modesOf(service);
      const isThere = Object.entries(wanted).every(
        ([name, value]) => JSON.stringify(modes[name]) === JSON.stringify(value),
      );
      return isThere ? true : undefined;
    },
    obeyedWithinMs,
  );
}

function inMs(ms: number): string {
  return new Date(Date.now() + ms).toISOString();
}

function isolation(part: object = {}): string {
  return JSON.stringify({
    mode: 'read-only',
    expiresAt: inMs(60_000),
    request: 'isolate-1',
    ...part,
  });
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

async function get(service: ServiceProcess, path: string, tenant = 'acme'): Promise<Answer> {
  return answerOf(await fetch(service.url + path, { headers: { 'x-tenant-id': tenant } }));
}

async function post(
  service: ServiceProcess,
  path: string,
  content: object,
  tenant = 'acme',
  key = `key-${(keys += 1)}`,
): Promise<Answer> {
  const headers = {
    'x-tenant-id': tenant,
    'idempotency-key': key,
    'content-type': 'application/json',
  };
  const body = JSON.stringify(content);
  return answerOf(await fetch(service.url + path, { method: 'POST', headers, body }));
}

async function answerOf(response: Response): Promise<Answer> {
  const body = (await response.json()) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, body };
}

function reserve(tenant = 'acme', warehouseId = 'north', key?: string): Promise<Answer> {
  const wish = { warehouseId, sku: 'SKU-0001', quantity: 1 };
  return post(inventory, '/inventory/reservations', wish, tenant, key);
}

function order(tenant = 'acme', warehouseId = 'north'): Promise<Answer> {
  const wish = { warehouseId, reference: 'test', lines: [{ sku: 'SKU-0001', quantity: 1 }] };
  return post(outbound, '/outbound/orders', wish, tenant);
}

/** Lines of `/metrics` that begin so. */
async function metricLines(service: ServiceProcess, start: string): Promise<string[]> {
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  return metrics.split('\n').filter((line) => line.startsWith(start));
}

describe('read-only', () => {
  test('answers writes with 503, until when and why, and reads as ever', async () => {
    const end = inMs(60_000);
    flags.mount({ 'inventory.mode': 'read-only', 'inventory.overrideExpiresAt': end });
    await untilModes(inventory, { mode: 'read-only', modeUntil: end });

    const { status, headers, body } = await reserve();

    expect(status).toBe(503);
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(headers.get('retry-after')).toBe('30');
    expect(headers.get('x-operating-mode')).toBe('read-only');
    expect(body).toMatchObject({
      type: 'urn:durable-runbooks:problem:read-only',
      detail: `the service is read-only: it refuses writes and goes on answering reads until ${end}`,
      mode: 'read-only',
      until: end,
    });
    expect((await get(inventory, '/inventory/items/SKU-0001')).status).toBe(200);
    expect((await order()).status).toBe(202);
    expect(await metricLines(inventory, 'service_read_only')).toEqual(['service_read_only 1']);
    expect(await metricLines(inventory, 'service_mode_ends_seconds')).toEqual([
      `service_mode_ends_seconds{mode="read-only"} ${Date.parse(end) / 1_000}`,
    ]);
  });

  test('ends at its end, though nobody takes it back', async () => {
    flags.mount({
      'inventory.mode': 'read-only',
      'inventory.overrideExpiresAt': inMs(700),
    });
    await untilModes(inventory, { mode: 'read-only' });
    expect((await reserve()).headers.get('retry-after')).toBe('1');

    await untilModes(inventory, { mode: 'normal' });

    expect((await reserve()).status).toBe(201);
  });

  test('stays as it was when the next value makes no sense', async () => {
    const end = inMs(60_000);
    flags.mount({ 'inventory.mode': 'read-only', 'inventory.overrideExpiresAt': end });
    await untilModes(inventory, { mode: 'read-only' });

    flags.mount({ 'inventory.mode': 'of course', 'inventory.overrideExpiresAt': end });
    await untilModes(inventory, { refusedFlags: ['inventory.mode'] });

    expect(await modesOf(inventory)).toMatchObject({ mode: 'read-only', modeUntil: end });
    expect(await metricLines(inventory, 'service_refused_flag{')).toEqual([
      'service_refused_flag{file="inventory.mode",reason="unknown value \\"of course\\"; known: normal, read-only"} 1',
    ]);
    expect((await reserve()).status).toBe(503);
  });

  test('refusals are counted on their own, as neither requests nor failures', async () => {
    const start = 'http_requests_total{method="POST",route="/inventory/reservations"';
    const before = await metricLines(inventory, start);
    const refusedBefore = await refusedReservations();
    flags.mount({ 'inventory.mode': 'read-only' });
    await untilModes(inventory, { mode: 'read-only' });

    for (let i = 0; i < 5; i += 1) await reserve();

    expect(await metricLines(inventory, start)).toEqual(before);
    expect((await refusedReservations()) - refusedBefore).toBe(5);
  });

  async function refusedReservations(): Promise<number> {
    const [line = '0'] = await metricLines(
      inventory,
      'http_requests_refused_total{method="POST",route="/inventory/reservations",kind="write",why="read-only"}',
    );
    return Number(line.split(' ').at(-1));
  }
});

describe('shedding', () => {
  test('refuses the report first and serves what orders wait for', async () => {
    const end = inMs(60_000);
    flags.mount({ 'shed.mode': 'non-critical', 'shed.expiresAt': end });
    await untilModes(inventory, { shed: 'non-critical', shedUntil: end });
    await untilModes(outbound, { shed: 'non-critical' });

    const { status, headers, body } = await get(inventory, '/inventory/report');

    expect(status).toBe(503);
    expect(headers.get('retry-after')).toBe('30');
    expect(body).toMatchObject({ mode: 'shed', until: end });
    expect((await get(outbound, '/outbound/orders')).status).toBe(503);
    expect((await get(inventory, '/inventory/items/SKU-0001')).status).toBe(200);
    expect((await reserve()).status).toBe(201);
    expect((await order()).status).toBe(202);
  });
});

describe('an isolated warehouse', () => {
  test('takes no writes in either service, which say so in every answer', async () => {
    const expiresAt = inMs(60_000);
    isolations.mount({ 'acme.north': isolation({ expiresAt }) });
    await Promise.all([inventory, outbound].map((one) => untilModes(one, { isolations: 1 })));

    const answers = [await reserve(), await order()];

    for (const { status, headers, body } of answers) {
      expect(status).toBe(503);
      expect(headers.get('retry-after')).toBe('30');
      expect(headers.get('x-isolation')).toBe(
        `read-only; tenant=acme; warehouse=north; until=${expiresAt}`,
      );
      expect(body).toMatchObject({
        mode: 'read-only',
        until: expiresAt,
        tenantId: 'acme',
        warehouseId: 'north',
      });
    }
    const read = await get(inventory, '/inventory/items?warehouseId=north');
    expect([read.status, read.headers.get('x-isolation') !== null]).toEqual([200, true]);
  });

  test('leaves other warehouses and other tenants alone', async () => {
    isolations.mount({ 'acme.north': isolation() });
    await Promise.all([inventory, outbound].map((one) => untilModes(one, { isolations: 1 })));

    const answers = [
      await reserve('acme', 'south'),
      await reserve('globex'),
      await order('acme', 'south'),
      await order('globex'),
    ];

    expect(answers.map(({ status }) => status)).toEqual([201, 201, 202, 202]);
    expect(answers.map(({ headers }) => headers.get('x-isolation'))).toEqual(
      Array<null>(4).fill(null),
    );
  });

  test('of mode block-outbound stops orders and nothing else', async () => {
    isolations.mount({ acme: isolation({ mode: 'block-outbound' }) });
    await Promise.all([inventory, outbound].map((one) => untilModes(one, { isolations: 1 })));

    const refused = await order('acme', 'anywhere');

    expect(refused.status).toBe(503);
    expect(refused.body).toMatchObject({ mode: 'block-outbound', tenantId: 'acme' });
    expect((await reserve()).status).toBe(201);
  });

  test('is free again at its end, though nobody releases it', async () => {
    isolations.mount({ 'acme.north': isolation({ expiresAt: inMs(700) }) });
    await untilModes(inventory, { isolations: 1 });
    expect((await reserve()).status).toBe(503);

    await untilModes(inventory, { isolations: 0 });

    expect((await reserve()).status).toBe(201);
  });

  test('may be served by another one, and a repeated key still gets its first answer', async () => {
    const before = await reserve('acme', 'north', 'before-reroute');
    isolations.mount({ 'acme.north': isolation({ rerouteTo: 'south' }) });
    await Promise.all([inventory, outbound].map((one) => untilModes(one, { isolations: 1 })));

    const reservation = await reserve();
    const accepted = await order();
    const repeated = await reserve('acme', 'north', 'before-reroute');
    const adjustment = await post(inventory, '/inventory/adjustments', {
      warehouseId: 'north',
      sku: 'SKU-0001',
      delta: 1,
      reason: 'counted',
    });

    expect([reservation.status, reservation.body['warehouseId']]).toEqual([201, 'south']);
    expect(reservation.headers.get('x-isolation')).toContain('; rerouted-to=south');
    expect([accepted.status, accepted.body['warehouseId']]).toEqual([202, 'south']);
    expect(repeated.body).toEqual(before.body);
    expect(adjustment.status).toBe(503);
  });
});

test('other tenants are as fast and as well served while one tenant is isolated', async () => {
  const rounds = 7;
  const ratios: number[] = [];
  const failures: number[] = [];
  await callGlobex(); // warm
  for (let round = 0; round < rounds; round += 1) {
    isolations.mount({});
    await untilModes(inventory, { isolations: 0 });
    const without = await besideAcme(callGlobex);
    isolations.mount({ acme: isolation() });
    await untilModes(inventory, { isolations: 1 });
    const isolated = await besideAcme(callGlobex);
    ratios.push(isolated.p95 / without.p95);
    failures.push(without.failed, isolated.failed);
  }

  const median = ratios.sort((a, b) => a - b)[(rounds - 1) / 2] ?? Infinity;
  expect(failures).toEqual(Array(2 * rounds).fill(0));
  expect(median).toBeLessThan(1.25);
}, 60_000);

/** Runs `measure` while tenant acme asks for 200 writes a second, whatever it is answered: equal demand, since callers
 *  that only wait for answers would ask more often the faster they are refused. */
async function besideAcme<T>(measure: () => Promise<T>): Promise<T> {
  const asked: Promise<Answer>[] = [];
  const asking = setInterval(() => asked.push(reserve('acme', 'south')), 5);
  const measured = await measure();
  clearInterval(asking);
  await Promise.all(asked);
  return measured;
}

/** 300 requests of tenant globex, a third of them writes, four at a time. */
async function callGlobex(): Promise<{ p95: number; failed: number }> {
  const times: number[] = [];
  let failed = 0;
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (let i = 0; i < 75; i += 1) {
        const startedAt = performance.now();
        const { status } =
          i % 3 === 0
            ? await reserve('globex')
            : await get(inventory, '/inventory/items/SKU-0002', 'globex');
        times.push(performance.now() - startedAt);
        if (status >= 300) failed += 1;
      }
    }),
  );
  times.sort((a, b) => a - b);
  return { p95: times[Math.floor(times.length * 0.95)] ?? NaN, failed };
}

test('200 writers at once, some of them isolated midway, leave stock that adds up and is never negative', async () => {
  const sku = 'SKU-0050';
  await database`update items set on_hand = 120, reserved = 0 where sku = ${sku}`;
  const reserveUnit = (i: number): Promise<Answer> => {
    const tenant = i % 2 === 0 ? 'acme' : 'globex';
    const wish = { warehouseId: 'north', sku, quantity: 1 + (i % 3) };
    return post(inventory, '/inventory/reservations', wish, tenant, `storm-${i}`);
  };

  const writers = Array.from({ length: 200 }, (_, i) => reserveUnit(i));
  isolations.mount({ acme: isolation() });
  const answers = await Promise.all(writers);

  expect(answers.some(({ status }) => status === 201)).toBe(true);
  expect(answers.filter(({ status }) => ![201, 409, 503].includes(status))).toEqual([]);
  const items = await database<{ tenant: string; onHand: number; reserved: number }[]>`
    select tenant_id as tenant, on_hand as "onHand", reserved from items
    where sku = ${sku} and warehouse_id = 'north' and tenant_id in ('acme', 'globex')`;
  for (const { tenant, onHand, reserved } of items) {
    const promised = answers
      .filter((_, i) => (i % 2 === 0 ? 'acme' : 'globex') === tenant)
      .filter(({ status }) => status === 201)
      .reduce((sum, { body }) => sum + (body['quantity'] as number), 0);
    const [{ units }] = await database<[{ units: number }]>`
      select coalesce(sum(quantity), 0)::int as units from reservations
      where sku = ${sku} and warehouse_id = 'north' and tenant_id = ${tenant}`;
    expect({ tenant, reserved, units }).toEqual({ tenant, reserved: promised, units: promised });
    expect(reserved).toBeLessThanOrEqual(onHand);
  }
}, 30_000);
