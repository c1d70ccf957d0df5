import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startDispatcher } from '../../services/outbound-api/dispatcher.js';
import { claimOrders } from '../../services/outbound-api/queue.js';
import type { Database } from '../../services/shared/storage/database.js';
import { openDatabase } from '../../services/shared/storage/database.js';
import { migrate } from '../../services/shared/storage/migrate.js';
import { packageFolder } from '../../services/shared/storage/package-folder.js';
import { silent } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { PostgresUnderTest } from '../support/postgres.js';
import { startPostgres } from '../support/postgres.js';

let postgres: PostgresUnderTest;
let database: Database;
/** Idempotency keys in the order of arrival. */
const received: string[] = [];
let answerStatus = 202;
const downstream = createServer((request, response) => {
  received.push(String(request.headers['idempotency-key']));
  request.resume();
  response.writeHead(answerStatus).end();
});

beforeAll(async () => {
  postgres = await startPostgres();
  const databaseUrl = await postgres.createDatabase('dispatch_test');
  await migrate({
    databaseUrl,
    schema: 'outbound',
    folder: packageFolder('services/outbound-api/migrations'),
    logger: silent,
  });
  database = openDatabase(databaseUrl, { schema: 'outbound', name: 'test' });
  downstream.listen(0, '127.0.0.1');
  await once(downstream, 'listening');
}, 60_000);

afterAll(async () => {
  downstream.close();
  await database.end({ timeout: 1 });
  await postgres.stop();
});

async function addOrder(reference: string): Promise<string> {
  const [row] = await database<[{ id: string }]>`
    insert into orders (tenant_id, warehouse_id, reference, lines)
    values ('acme', 'north', ${reference}, '[]') returning id`;
  return row.id;
}

async function whenStatus(id: string, status: string): Promise<void> {
  await eventually(`order ${id} is ${status}`, async () => {
    const [row] = await database<{ status: string }[]>`select status from orders where id = ${id}`;
    return row?.status === status ? true : undefined;
  });
}

function dispatcher(maxAttempts: number): { stop(): Promise<void> } {
  const { port } = downstream.address() as AddressInfo;
  const downstreamUrl = `http://127.0.0.1:${port}`;
  return startDispatcher({ database, logger: silent, downstreamUrl, maxAttempts, idleMs: 20 });
}

test('an order outlives an outage, is sent under one key, and an outage makes no dead letter', async () => {
  answerStatus = 503;
  const id = await addOrder('outage');
  const running = dispatcher(1);
  await eventually('two attempts failed', () =>
    received.filter((key) => key === id).length >= 2 ? true : undefined,
  );
  answerStatus = 202;
  await whenStatus(id, 'delivered');
  await running.stop();
}, 30_000);

test('an order that is refused too often becomes a dead letter, with the reason', async () => {
  answerStatus = 422;
  const id = await addOrder('poison');
  const running = dispatcher(2);
  await whenStatus(id, 'dead');
  await running.stop();

  const [row] = await database<[{ attempts: number; reason: string }]>`
    select attempts, last_error as reason from orders where id = ${id}`;
  expect(row).toEqual({ attempts: 2, reason: 'the downstream answered 422' });
}, 30_000);

test('an order in hand is given to nobody else, until the lease of who died has passed', async () => {
  const id = await addOrder('leased');
  const claim = async (): Promise<string[]> =>
    (await claimOrders(database, { limit: 10, leaseMs: 300 })).map((order) => order.id);

  const claims = (await Promise.all([claim(), claim(), claim()])).flat();
  expect(claims).toEqual([id]);
  const again = await eventually('the lease passed', async () => {
    const claimed = await claim();
    return claimed.length > 0 ? claimed : undefined;
  });
  expect(again).toEqual([id]);
}, 30_000);
