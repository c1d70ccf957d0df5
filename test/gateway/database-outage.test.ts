import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Hono } from 'hono';
import { answerErrors } from '../../services/shared/http/problem.js';
import { openDatabase, pingDatabase } from '../../services/shared/storage/database.js';
import { DatabaseGuard } from '../../services/shared/storage/database-guard.js';
import { silent } from '../support/api.js';
import { startCuttingProxy } from '../support/cutting-proxy.js';
import { eventually } from '../support/eventually.js';
import type { PostgresUnderTest } from '../support/postgres.js';
import { startPostgres } from '../support/postgres.js';
import { orderLines } from '../support/post-order.js';
import type { ServiceProcess } from '../support/service-process.js';
import { startService } from '../support/service-process.js';

let postgres: PostgresUnderTest;
const services: Record<string, ServiceProcess> = {};
beforeAll(async () => {
  postgres = await startPostgres();
  const starting = ['inventory-api', 'outbound-api', 'incident-api'].map(async (name) => {
    services[name] = await startService(name, {
      DATABASE_URL: await postgres.createDatabase(name.replace('-', '_')),
      SHUTDOWN_DRAIN_MS: '0',
      SERVICE_TOKEN: 'service-token',
      RUNBOOK_CONFIG: 'configuration,configuration/local',
      // Nobody is there: what is tried here does without Temporal.
      TEMPORAL_ADDRESS: '127.0.0.1:1',
    });
  });
  await Promise.all(starting);
}, 120_000);
afterAll(async () => {
  await Promise.all(Object.values(services).map((service) => service.terminate()));
  await postgres.stop();
}, 30_000);

interface Route {
  readonly service: string;
  readonly path: string;
  readonly content?: object;
  /** The answer while all is well. */
  readonly status: number;
}
const place = { warehouseId: 'north', sku: 'SKU-0001' };
const routes: readonly Route[] = [
  { service: 'inventory-api', path: '/inventory/items?warehouseId=north', status: 200 },
  { service: 'inventory-api', path: '/inventory/items/SKU-0001', status: 200 },
  { service: 'inventory-api', path: '/inventory/report', status: 200 },
  {
    service: 'inventory-api',
    path: '/inventory/reservations',
    content: { ...place, quantity: 1 },
    status: 201,
  },
  {
    service: 'inventory-api',
    path: '/inventory/adjustments',
    content: { ...place, delta: 1, reason: 'count' },
    status: 201,
  },
  { service: 'outbound-api', path: '/outbound/orders', status: 200 },
  { service: 'outbound-api', path: `/outbound/orders/${crypto.randomUUID()}`, status: 404 },
  {
    service: 'outbound-api',
    path: '/outbound/orders',
    content: { warehouseId: 'north', reference: 'outage', lines: orderLines },
    status: 202,
  },
  { service: 'outbound-api', path: '/outbound/queue', status: 200 },
  { service: 'outbound-api', path: `/outbound/retries/${crypto.randomUUID()}`, status: 404 },
  { service: 'incident-api', path: '/incidents', status: 200 },
  { service: 'incident-api', path: '/incidents/billing', status: 404 },
  { service: 'incident-api', path: '/incidents/billing/postmortem', status: 404 },
  { service: 'incident-api', path: '/incidents/billing/postmortem.svg', status: 404 },
  { service: 'incident-api', path: '/incidents/billing/events', status: 404 },
  {
    service: 'incident-api',
    path: '/incidents/billing/decisions',
    content: { stepId: 'a', planHash: 'b', decision: 'approve', reason: 'c', by: 'd' },
    status: 404,
  },
];

function ask({ service, path, content }: Route): Promise<Response> {
  return fetch(`${services[service]!.url}${path}`, {
    method: content === undefined ? 'GET' : 'POST',
    headers: {
      'x-tenant-id': 'acme',
      authorization: 'Bearer service-token',
      ...(content !== undefined && {
        'content-type': 'application/json',
        'idempotency-key': crypto.randomUUID(),
      }),
    },
    ...(content !== undefined && { body: JSON.stringify(content) }),
    signal: AbortSignal.timeout(5_000),
  });
}

async function statusOf(route: Route): Promise<string> {
  const response = await ask(route);
  await response.body?.cancel();
  return `${route.service} ${route.path} ${response.status}`;
}
async function readinessOf(name: string): Promise<string> {
  const { status, body } = await fetch(`${services[name]!.url}/readyz`);
  await body?.cancel();
  return `${name} ${status}`;
}
const usual = routes.map(({ service, path, status }) => `${service} ${path} ${status}`);

test('a database that goes down is answered with 503 by every route that needs it, until it is back', async () => {
  expect(await Promise.all(routes.map(statusOf))).toEqual(usual);

  await postgres.goDown();
  // Twice: as the outage is noticed, and while it is known.
  for (let round = 0; round < 2; round += 1) {
    for (const route of routes) {
      const response = await ask(route);
      const text = await response.text();
      expect([route.path, response.status, text]).toEqual([
        route.path,
        503,
        expect.stringContaining('"detail":"the database does not answer; try again"'),
      ]);
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      expect(response.headers.get('retry-after')).toBe('1');
      expect(text).not.toMatch(/ECONN|127\.0\.0\.1|postgres/);
    }
  }
  // A service has no pod whose database is not the same one; the front door does without (here it lacks Temporal).
  const readiness = await Promise.all(Object.keys(services).sort().map(readinessOf));
  expect(readiness).toEqual(['incident-api 503', 'inventory-api 200', 'outbound-api 200']);

  await postgres.comeBack();
  await eventually('every route answers as before', async () => {
    const answers = await Promise.all(routes.map(statusOf));
    return answers.every((answer, index) => answer === usual[index]) ? true : undefined;
  });
}, 60_000);

test('callers who wait while it goes down are answered, and soon', async () => {
  const route = { service: 'inventory-api', path: '/inventory/items/SKU-0001', status: 200 };
  const answers: { status: number; afterMs: number }[] = [];
  let isOver = false;
  const calling = Promise.all(
    Array.from({ length: 40 }, async () => {
      while (!isOver) {
        const startedAt = performance.now();
        const { status, body } = await ask(route);
        await body?.cancel();
        answers.push({ status, afterMs: performance.now() - startedAt });
      }
    }),
  );
  const untilAnswered = (status: number) =>
    eventually(`callers get ${status}`, () =>
      answers.at(-1)?.status === status ? true : undefined,
    );
  await untilAnswered(200);
  await postgres.goDown();
  await untilAnswered(503);
  await postgres.comeBack();
  await untilAnswered(200);
  isOver = true;
  await calling;

  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 503]));
  expect(Math.max(...answers.map(({ afterMs }) => afterMs))).toBeLessThan(4_000);
}, 60_000);

test('a database that falls silent is found out by a request that waits, and nobody waits for long', async () => {
  const url = new URL(await postgres.createDatabase('silent'));
  const proxy = await startCuttingProxy(Number(url.port));
  url.port = String(proxy.port);
  const of = { schema: 'public', name: 'test' };
  const database = openDatabase(url.href, { ...of, max: 2 });
  const guard = new DatabaseGuard({
    ping: () => pingDatabase(url.href, of, 200),
    logger: silent,
    retryMs: 50,
    suspectAfterMs: 200,
  });
  const app = new Hono();
  app.onError(answerErrors(silent, guard.suspect));
  app.use(guard.refuseDuringOutage());
  app.get('/', async (c) => c.json(await database`select 1`));
  const askAll = () =>
    Promise.all(Array.from({ length: 10 }, async () => (await app.request('/')).status));
  expect(new Set(await askAll())).toEqual(new Set([200]));

  proxy.holdAnswers();
  const startedAt = performance.now();
  expect(new Set(await askAll())).toEqual(new Set([503]));
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  expect(new Set(await askAll())).toEqual(new Set([503]));

  proxy.restore();
  await eventually('it answers again', async () =>
    (await askAll())[0] === 200 ? true : undefined,
  );
  await database.end({ timeout: 1 });
  await proxy.stop();
}, 30_000);
