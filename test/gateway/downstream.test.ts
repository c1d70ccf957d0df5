import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { downstreamRoutes } from '../../deploy/local/downstream/routes.js';
import type { Database } from '../../services/shared/storage/database.js';
import { openDatabase } from '../../services/shared/storage/database.js';
import { migrate } from '../../services/shared/storage/migrate.js';
import { packageFolder } from '../../services/shared/storage/package-folder.js';
import type { Answered, ApiUnderTest } from '../support/api.js';
import { createApiUnderTest, silent } from '../support/api.js';
import type { PostgresUnderTest } from '../support/postgres.js';
import { startPostgres } from '../support/postgres.js';

let postgres: PostgresUnderTest;
let database: Database;
let api: ApiUnderTest;

beforeAll(async () => {
  postgres = await startPostgres();
  const databaseUrl = await postgres.createDatabase('downstream_test');
  await migrate({
    databaseUrl,
    schema: 'downstream',
    folder: packageFolder('deploy/local/downstream/migrations'),
    logger: silent,
  });
  database = openDatabase(databaseUrl, { schema: 'downstream', name: 'test' });
  api = createApiUnderTest(downstreamRoutes(database));
}, 60_000);

afterAll(async () => {
  await database.end({ timeout: 1 });
  await postgres.stop();
});

const order = {
  tenantId: 'acme',
  warehouseId: 'north',
  reference: 'order-1',
  lines: [{ sku: 'SKU-0001', quantity: 2 }],
};

function send(key: string, content: object = order): Promise<Answered> {
  return api.post('/orders', content, { 'idempotency-key': key });
}

test('an order sent many times at once under one key is taken once, and every answer is the same', async () => {
  const content = { ...order, tenantId: 'once' };
  const answers = await Promise.all([1, 2, 3, 4, 5].map(() => send('again', content)));

  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  const { body } = await api.get('/orders?tenantId=once');
  expect(body).toEqual({ orders: [answers[0]!.body], next: null });
});

test('a key that stands for another order is refused, and the first order stays', async () => {
  await send('taken', { ...order, tenantId: 'first' });

  expect((await send('taken', { ...order, tenantId: 'first', reference: 'other' })).status).toBe(
    422,
  );
  expect((await api.get('/orders?tenantId=first')).body).toMatchObject({
    orders: [{ key: 'taken', reference: 'order-1' }],
  });
});

test('an order without a key is refused', async () => {
  expect((await api.post('/orders', order)).status).toBe(422);
});

test('orders are read as they came, page by page', async () => {
  for (const reference of ['a', 'b', 'c']) {
    await send(`page-${reference}`, { ...order, tenantId: 'pages', reference });
  }
  const page = async (after: number): Promise<Record<string, unknown>> =>
    (await api.get(`/orders?tenantId=pages&limit=2&after=${after}`)).body;

  const first = await page(0);
  expect(first).toMatchObject({ orders: [{ reference: 'a' }, { reference: 'b' }] });
  expect(await page(first['next'] as number)).toMatchObject({
    orders: [{ reference: 'c' }],
    next: null,
  });
});
