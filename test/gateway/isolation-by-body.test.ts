import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { inventoryRoutes } from '../../services/inventory-api/app.js';
import { admitRequests } from '../../services/shared/flags/admit-requests.js';
import type { Isolation } from '../../services/shared/flags/isolations.js';
import { usualSwitches } from '../../services/shared/flags/switches.js';
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
let isolations = new Map<string, Isolation>();
let keys = 0;

beforeAll(async () => {
  postgres = await startPostgres();
  const databaseUrl = await postgres.createDatabase('isolation');
  const folder = packageFolder('services/inventory-api/migrations');
  await migrate({ databaseUrl, schema: 'inventory', folder, logger: silent });
  database = openDatabase(databaseUrl, { schema: 'inventory', name: 'test', max: 2 });
  await database`
    insert into items (tenant_id, warehouse_id, sku, name, on_hand)
    values ('acme', 'east', 'SKU-0001', 'Article 1', 10000)`;
  const routes = inventoryRoutes(database);
  const modes = { read: () => ({ switches: usualSwitches, isolations }) };
  api = createApiUnderTest(routes, admitRequests({ modes, routes, obeys: ['read-only'] }));
}, 60_000);

beforeEach(async () => {
  await database`update items set on_hand = 10000, reserved = 0`;
});

afterAll(async () => {
  await database.end({ timeout: 1 });
  await postgres.stop();
});

function isolateNorth(rerouteTo: string | null): void {
  const place = { tenantId: 'acme', warehouseId: 'north' };
  const until = Date.now() + 60_000;
  isolations = new Map([['acme.north', { ...place, mode: 'read-only', until, rerouteTo }]]);
}

function post(path: string, content: object): Promise<Answered> {
  return api.post(path, content, { 'idempotency-key': `key-${(keys += 1)}` });
}

function reserve(warehouseId: string, query = ''): Promise<Answered> {
  return post(`/inventory/reservations${query}`, { warehouseId, sku: 'SKU-0001', quantity: 1 });
}

/** What changed of acme's article: warehouse → what is left. */
async function changed(): Promise<object> {
  const rows = await database<{ warehouse: string; left: number }[]>`
    select warehouse_id as warehouse, on_hand - reserved as left from items
    where tenant_id = 'acme' and sku = 'SKU-0001' and on_hand - reserved <> 10000`;
  return Object.fromEntries(rows.map(({ warehouse, left }) => [warehouse, left]));
}

test('an isolated warehouse takes no writes, whatever warehouse the query names', async () => {
  isolateNorth(null);
  const correction = { warehouseId: 'north', sku: 'SKU-0001', delta: -5, reason: 'counted' };

  const answers = [
    await reserve('north', '?warehouseId=south'),
    await post('/inventory/adjustments?warehouseId=south', correction),
  ];

  for (const { status, headers } of answers) {
    expect(status).toBe(503);
    expect(headers.get('x-isolation')).toContain('warehouse=north');
  }
  expect(await changed()).toEqual({});
});

test('a warehouse that is not isolated takes its writes itself, whatever warehouse the query names', async () => {
  isolateNorth('south');

  const { status, headers, body } = await reserve('east', '?warehouseId=north');

  expect([status, body['warehouseId'], headers.get('x-isolation')]).toEqual([201, 'east', null]);
  expect(await changed()).toEqual({ east: 9999 });
});

test('a rerouted warehouse is served from the one that stands in, whatever warehouse the query names', async () => {
  isolateNorth('south');

  const { status, body } = await reserve('north', '?warehouseId=east');

  expect([status, body['warehouseId']]).toEqual([201, 'south']);
  expect(await changed()).toEqual({ south: 9999 });
});
