import { Agent, request as sendRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { inventoryRoutes } from '../../services/inventory-api/app.js';
import type { Database } from '../../services/shared/storage/database.js';
import { openDatabase } from '../../services/shared/storage/database.js';
import { migrate } from '../../services/shared/storage/migrate.js';
import { packageFolder } from '../../services/shared/storage/package-folder.js';
import type { ApiUnderTest } from '../support/api.js';
import { createApiUnderTest, silent } from '../support/api.js';
import type { PostgresUnderTest } from '../support/postgres.js';
import { startPostgres } from '../support/postgres.js';
import type { ServiceProcess } from '../support/service-process.js';
import { startService } from '../support/service-process.js';

const folder = packageFolder('services/inventory-api/migrations');

let postgres: PostgresUnderTest;
let databaseUrl: string;
let database: Database;
let api: ApiUnderTest;

beforeAll(async () => {
  postgres = await startPostgres();
  databaseUrl = await postgres.createDatabase('inventory_test');
  await migrate({ databaseUrl, schema: 'inventory', folder, logger: silent });
  database = openDatabase(databaseUrl, { schema: 'inventory', name: 'test', max: 20 });
  api = createApiUnderTest(inventoryRoutes(database));
}, 60_000);

afterAll(async () => {
  await database.end({ timeout: 1 });
  await postgres.stop();
});

/** Sets the stock of an article in acme/north. */
async function stock(sku: string, onHand: number): Promise<void> {
  await database`
    update items set on_hand = ${onHand}, reserved = 0
    where tenant_id = 'acme' and warehouse_id = 'north' and sku = ${sku}`;
}

function reserve(sku: string, quantity: number, key: string): ReturnType<ApiUnderTest['post']> {
  const wish = { warehouseId: 'north', sku, quantity };
  return api.post('/inventory/reservations', wish, { 'idempotency-key': key });
}

describe('migrations', () => {
  const options = (schema: string): Parameters<typeof migrate>[0] => ({
    databaseUrl,
    schema,
    folder,
    logger: silent,
  });

  test('run once when several processes start at the same time', async () => {
    const applied = await Promise.all([1, 2, 3, 4].map(() => migrate(options('concurrent'))));

    expect(applied.flat()).toEqual(['0001_stock', '0002_first-stock']);
  });

  test('change nothing when run again', async () => {
    expect(await migrate(options('inventory'))).toEqual([]);
  });

  test('name the schema when the database cannot be reached', async () => {
    await expect(
      migrate({ ...options('inventory'), databaseUrl: 'postgres://127.0.0.1:1/none' }),
    ).rejects.toThrow(/^could not migrate schema inventory: .*; check DATABASE_URL/);
  });
});

describe('articles', () => {
  test('are listed by warehouse, page by page', async () => {
    const first = await api.get('/inventory/items?warehouseId=south&limit=2');
    const second = await api.get('/inventory/items?warehouseId=south&limit=2&after=SKU-0002');

    expect(first.body).toMatchObject({
      items: [
        { sku: 'SKU-0001', warehouseId: 'south', onHand: 10000, reserved: 0, available: 10000 },
        { sku: 'SKU-0002' },
      ],
      next: 'SKU-0002',
    });
    expect(second.body).toMatchObject({ items: [{ sku: 'SKU-0003' }, { sku: 'SKU-0004' }] });
  });

  test('end with a page that has no next', async () => {
    const last = await api.get('/inventory/items?warehouseId=south&limit=2&after=SKU-0299');

    expect(last.body).toMatchObject({ items: [{ sku: 'SKU-0300' }], next: null });
  });

  test('are shown in every warehouse that has them', async () => {
    const { body } = await api.get('/inventory/items/SKU-0007');

    expect(body).toMatchObject({ items: [{ warehouseId: 'north' }, { warehouseId: 'south' }] });
  });

  test('are unknown to tenants that have none', async () => {
    const { status } = await api.get('/inventory/items/SKU-0007', { 'x-tenant-id': 'initech' });

    expect(status).toBe(404);
  });

  test('need a tenant', async () => {
    const { status, body } = await api.get('/inventory/items/SKU-0007', { 'x-tenant-id': '' });

    expect(status).toBe(422);
    expect(body).toMatchObject({ errors: [{ in: 'header', path: 'x-tenant-id' }] });
  });
});

describe('reservations', () => {
  test('take from what is available', async () => {
    await stock('SKU-0010', 5);

    const { status, body } = await reserve('SKU-0010', 3, 'take');

    expect(status).toBe(201);
    expect(body).toMatchObject({ sku: 'SKU-0010', warehouseId: 'north', quantity: 3 });
    expect((await api.get('/inventory/items/SKU-0010')).body).toMatchObject({
      items: [{ onHand: 5, reserved: 3, available: 2 }, {}],
    });
  });

  test('never sell more than there is, however many come at once', async () => {
    await stock('SKU-0011', 20);

    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => reserve('SKU-0011', 1, `many-${i}`)),
    );

    const count = (status: number): number => answers.filter((a) => a.status === status).length;
    expect([count(201), count(409)]).toEqual([20, 30]);
    const [sold] = await database<[{ lines: number; units: number }]>`
      select count(*)::int as lines, sum(quantity)::int as units
      from reservations where sku = 'SKU-0011'`;
    expect(sold).toEqual({ lines: 20, units: 20 });
  });

  test('of one key happen once, and every repetition gets the same answer', async () => {
    await stock('SKU-0012', 5);

    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => reserve('SKU-0012', 2, 'again')));

    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers[0]?.status).toBe(201);
    expect((await api.get('/inventory/items/SKU-0012')).body).toMatchObject({
      items: [{ reserved: 2 }, {}],
    });
  });

  test('that were refused stay refused for their key, even when stock arrives', async () => {
    await stock('SKU-0013', 0);
    expect((await reserve('SKU-0013', 1, 'early')).status).toBe(409);
    await stock('SKU-0013', 5);

    expect((await reserve('SKU-0013', 1, 'early')).status).toBe(409);
    expect((await reserve('SKU-0013', 1, 'later')).status).toBe(201);
  });

  test('refuse a key that was used for something else', async () => {
    await reserve('SKU-0014', 1, 'mine');

    const { status, body } = await reserve('SKU-0014', 2, 'mine');

    expect(status).toBe(422);
    expect(body['detail']).toBe(
      'idempotency key mine was used for another request: send a new one',
    );
  });

  test('of an unknown article are refused with 404', async () => {
    expect((await reserve('SKU-9999', 1, 'unknown')).status).toBe(404);
  });

  test.each([
    { warehouseId: 'north', sku: 'SKU-0001', quantity: 0 },
    { warehouseId: 'north', sku: 'SKU-0001', quantity: 1.5 },
    { warehouseId: 'north', sku: 'SKU-0001' },
    { warehouseId: 'north', sku: 'SKU-0001', quantity: 1, reference: 'nul \0' },
    [],
  ])('that read %j are refused with 422', async (wish) => {
    const key = { 'idempotency-key': 'bad' };

    expect((await api.post('/inventory/reservations', wish, key)).status).toBe(422);
  });

  test('need an idempotency key', async () => {
    const wish = { warehouseId: 'north', sku: 'SKU-0001', quantity: 1 };

    const { status, body } = await api.post('/inventory/reservations', wish);

    expect(status).toBe(422);
    expect(body).toMatchObject({ errors: [{ path: 'idempotency-key' }] });
  });
});

describe('adjustments', () => {
  const adjust = (sku: string, delta: number, key: string): ReturnType<ApiUnderTest['post']> => {
    const change = { warehouseId: 'north', sku, delta, reason: 'counted' };
    return api.post('/inventory/adjustments', change, { 'idempotency-key': key });
  };

  test('change the stock', async () => {
    await stock('SKU-0020', 5);

    expect((await adjust('SKU-0020', 7, 'more')).body).toMatchObject({ delta: 7, onHand: 12 });
    expect((await adjust('SKU-0020', -2, 'less')).body).toMatchObject({ onHand: 10 });
  });

  test('never leave less than is reserved', async () => {
    await stock('SKU-0021', 5);
    await reserve('SKU-0021', 4, 'hold');

    expect((await adjust('SKU-0021', -2, 'too-much')).status).toBe(409);
    expect((await adjust('SKU-0021', -1, 'just-right')).status).toBe(201);
  });

  test('stop at what can be counted, and go down from there', async () => {
    await stock('SKU-0022', 2_147_483_647);

    const { status, body } = await adjust('SKU-0022', 1, 'beyond');

    expect([status, body['detail']]).toEqual([
      409,
      'SKU-0022 in warehouse north: more than 2147483647 are not counted',
    ]);
    expect((await adjust('SKU-0022', -1, 'down')).body).toMatchObject({ onHand: 2_147_483_646 });
    expect((await adjust('SKU-0022', 1, 'up-to-it')).body).toMatchObject({ onHand: 2_147_483_647 });
  });
});

test('the report adds up each warehouse of the tenant', async () => {
  const { body } = await api.get('/inventory/report', { 'x-tenant-id': 'globex' });

  const total = { articles: 300, onHand: 3_000_000, reserved: 0, exhausted: 0 };
  expect(body).toEqual({
    warehouses: [
      { warehouseId: 'north', ...total },
      { warehouseId: 'south', ...total },
    ],
  });
});

test('the contract names every route', async () => {
  const { body } = await api.get('/openapi.json');

  expect(Object.keys(body['paths'] as object)).toEqual([
    '/healthz',
    '/readyz',
    '/metrics',
    '/inventory/items',
    '/inventory/items/{sku}',
    '/inventory/reservations',
    '/inventory/adjustments',
    '/inventory/report',
  ]);
});

describe('a rolling restart', () => {
  test('loses no request of callers who follow readiness', async () => {
    const environment = { DATABASE_URL: databaseUrl, SHUTDOWN_DRAIN_MS: '500' };
    const old = await startService('inventory-api', environment);
    const callers = startCallers([old]);
    await callers.answered(100);

    const fresh = await startService('inventory-api', environment);
    callers.add(fresh);
    const exitCode = await old.terminate();
    await callers.answered(100);
    const failures = await callers.stop();
    const freshExitCode = await fresh.terminate();

    expect(failures).toEqual([]);
    expect([exitCode, freshExitCode]).toEqual([0, 0]);
  }, 60_000);
});

interface Callers {
  add(service: ServiceProcess): void;
  /** Resolves after so many more answers. */
  answered(count: number): Promise<void>;
  /** What went wrong, in words. */
  stop(): Promise<string[]>;
}

/** Eight callers with kept-alive connections, each sending one request after the other to the ready services. */
function startCallers(first: readonly ServiceProcess[]): Callers {
  const agent = new Agent({ keepAlive: true });
  const services = [...first];
  let ready = [...first];
  const failures: string[] = [];
  let answers = 0;
  let running = true;

  async function follow(): Promise<void> {
    while (running) {
      const states = await Promise.all(
        services.map(async ({ url }) => (await send(agent, `${url}/readyz`)) === 200),
      );
      ready = services.filter((_, i) => states[i]);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  async function call(): Promise<void> {
    for (let turn = 0; running; turn += 1) {
      const target = ready[turn % ready.length];
      const status = await send(agent, `${target?.url ?? 'none'}/inventory/items/SKU-0100`);
      if (status === 200) answers += 1;
      else failures.push(`${status}`);
    }
  }
  const all = [follow(), ...Array.from({ length: 8 }, call)];

  return {
    add: (service) => services.push(service),
    async answered(count) {
      const goal = answers + count;
      const deadline = performance.now() + 20_000;
      while (answers < goal) {
        if (performance.now() > deadline) throw new Error(`fewer than ${count} answers in time`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    async stop() {
      running = false;
      await Promise.all(all);
      agent.destroy();
      return failures;
    },
  };
}

/** The status, or the error's message. */
function send(agent: Agent, url: string): Promise<number | string> {
  return new Promise((resolve) => {
    const headers = { 'x-tenant-id': 'acme' };
    sendRequest(url, { agent, headers }, (response) => {
      response.resume().on('end', () => {
        resolve(response.statusCode ?? 0);
      });
    })
      .on('error', (error) => {
        resolve(error.message);
      })
      .end();
  });
}
