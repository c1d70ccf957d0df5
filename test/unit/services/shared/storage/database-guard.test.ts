import { expect, test } from '@jest/globals';
import { Hono } from 'hono';
import { answerErrors } from '../../../../../services/shared/http/problem.js';
import { DatabaseGuard } from '../../../../../services/shared/storage/database-guard.js';
import { createLogger } from '../../../../../services/shared/telemetry/logger.js';
import { eventually } from '../../../../support/eventually.js';

/** An app over a database that the test turns on and off, and what it has logged. */
function createApp() {
  const database = { answers: true, pings: true, pinged: 0 };
  const lines: string[] = [];
  const logger = createLogger({
    name: 'test',
    level: 'info',
    destination: { write: (line) => lines.push((JSON.parse(line) as { msg: string }).msg) },
  });
  const guard = new DatabaseGuard({
    ping: () => {
      database.pinged += 1;
      return database.pings ? Promise.resolve() : Promise.reject(new Error('down'));
    },
    logger,
    retryMs: 20,
    suspectAfterMs: 100,
  });
  const app = new Hono();
  app.onError(answerErrors(logger, guard.suspect));
  app.use(guard.refuseDuringOutage());
  app.get('/', (c) => {
    if (database.answers) return c.text('found');
    throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  });
  app.get('/hangs', () => new Promise<Response>(() => undefined));
  const status = async (path = '/'): Promise<number> => (await app.request(path)).status;
  return { database, lines, status };
}

test('an outage is told once, and its end with it', async () => {
  const { database, lines, status } = createApp();
  expect(await status()).toBe(200);

  Object.assign(database, { answers: false, pings: false });
  for (let request = 0; request < 5; request += 1) expect(await status()).toBe(503);
  Object.assign(database, { answers: true, pings: true });
  await eventually('requests are let through', async () => (await status()) === 200 || undefined);

  expect(lines).toEqual([
    'the database does not answer: requests get 503 until it does',
    'the database answers again',
  ]);
});

test('while the database does not answer no request is sent on to it', async () => {
  const { database, status } = createApp();
  Object.assign(database, { answers: false, pings: false });
  expect(await status()).toBe(503);
  await eventually('the outage is known', () => database.pinged > 1 || undefined);

  database.answers = true;
  expect(await status()).toBe(503);
});

test('a query that fails alone is a 503 alone: the database still answers', async () => {
  const { database, lines, status } = createApp();
  database.answers = false;
  expect(await status()).toBe(503);
  database.answers = true;

  expect(await status()).toBe(200);
  await eventually('the cause is logged', () => lines.length > 0 || undefined);
  expect(lines).toEqual(['a query failed or is late, but the database answers']);
  expect(database.pinged).toBe(1);
});

test('a request that hangs is reason to ask, and is answered when nobody answers that', async () => {
  const { database, lines, status } = createApp();
  database.pings = false;

  expect(await status('/hangs')).toBe(503);
  expect(lines).toHaveLength(1);
});
