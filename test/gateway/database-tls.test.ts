import { setTimeout as elapsed } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Database, DatabaseOptions } from '../../services/shared/storage/database.js';
import { openDatabase } from '../../services/shared/storage/database.js';
import { isUnavailable } from '../../services/shared/storage/is-unavailable.js';
import { startCuttingProxy } from '../support/cutting-proxy.js';
import { eventually } from '../support/eventually.js';
import type { PostgresUnderTest } from '../support/postgres.js';
import { startPostgres } from '../support/postgres.js';
import { startService } from '../support/service-process.js';

let secured: PostgresUnderTest;
let plain: PostgresUnderTest;
let securedUrl: string;
let plainUrl: string;
beforeAll(async () => {
  [secured, plain] = await Promise.all([startPostgres({ tls: true }), startPostgres()]);
  securedUrl = await secured.createDatabase('secured');
  plainUrl = await plain.createDatabase('plain');
}, 60_000);
afterAll(() => Promise.all([secured.stop(), plain.stop()]), 30_000);

const opened: Database[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((database) => database.end({ timeout: 1 })));
});
function open(url: string, options: Partial<DatabaseOptions> = {}): Database {
  const database = openDatabase(url, { schema: 'public', name: 'test', max: 1, ...options });
  opened.push(database);
  return database;
}
const pidOf = async (database: Database) =>
  (await database<{ pid: number }[]>`select pg_backend_pid() as pid`)[0]?.pid;
const isSecret = (database: Database) =>
  database`select ssl from pg_stat_ssl where pid = pg_backend_pid()`;

test.each([
  ['require', true],
  ['prefer', true],
  ['disable', false],
])('a server that has TLS is spoken to with sslmode=%s: secret is %s', async (mode, ssl) => {
  expect(await isSecret(open(`${securedUrl}?sslmode=${mode}`))).toEqual([{ ssl }]);
});

test('a certificate that nobody vouches for is refused where it is to be checked', async () => {
  const asked = isSecret(open(`${securedUrl}?sslmode=verify-full`));
  await expect(asked).rejects.toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
});

test('a service reaches a database whose certificate is vouched for', async () => {
  const service = await startService('inventory-api', {
    DATABASE_URL: `${await secured.createDatabase('inventory')}?sslmode=verify-full`,
    NODE_EXTRA_CA_CERTS: secured.authority,
  });
  const headers = { 'x-tenant-id': 'acme' };
  const items = await fetch(`${service.url}/inventory/items?warehouseId=north`, { headers });
  expect(items.status).toBe(200);
  await service.kill();
}, 30_000);

test('a server without TLS is used by those who only prefer it, and refused by those who require it', async () => {
  expect(await isSecret(open(`${plainUrl}?sslmode=prefer`))).toEqual([{ ssl: false }]);
  await expect(isSecret(open(`${plainUrl}?sslmode=require`))).rejects.toThrow(
    'the database server does not offer TLS',
  );
});

test('large questions and answers come through whole', async () => {
  const text = 'ß'.repeat(4 * 1024 ** 2);
  const database = open(`${securedUrl}?sslmode=require`);
  const [row] = await database<{ text: string }[]>`select ${text}::text as text`;
  expect(row?.text === text).toBe(true);
});

test('who closes leaves no connection at the server', async () => {
  const watching = open(securedUrl);
  const left = open(`${securedUrl}?sslmode=require`, { name: 'leaves' });
  await isSecret(left);
  const count = async () =>
    (await watching`select 1 from pg_stat_activity where application_name = 'leaves'`).length;
  expect(await count()).toBe(1);
  await left.end({ timeout: 1 });
  await eventually('it is gone', async () => ((await count()) === 0 ? true : undefined));
});

test('a server that says nothing to the wish for TLS is given up within the time for connecting', async () => {
  const url = new URL(`${securedUrl}?sslmode=require`);
  const proxy = await startCuttingProxy(Number(url.port));
  url.port = String(proxy.port);
  proxy.holdAnswers();
  const startedAt = performance.now();
  const reason = await isSecret(open(url.href, { connectTimeoutMs: 500 })).catch(
    (error: unknown) => error,
  );

  expect(reason).toMatchObject({ code: 'CONNECT_TIMEOUT' });
  expect(isUnavailable(reason)).toBe(true);
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  await proxy.stop();
});

test('a connection is not given up when the end of an answer came in pieces', async () => {
  // The server sends 8 KiB at a time: of one of these answers the last message, six bytes, is cut in two.
  const databases = Array.from({ length: 40 }, () =>
    open(`${securedUrl}?sslmode=require`, { statementTimeoutMs: 100 }),
  );
  const pids = await Promise.all(
    databases.map(async (database, index) => {
      const pid = await pidOf(database);
      await database.unsafe(`select repeat('x', ${8_000 + index * 5})`);
      return pid;
    }),
  );
  await elapsed(1_300);

  expect(await Promise.all(databases.map(pidOf))).toEqual(pids);
}, 30_000);
