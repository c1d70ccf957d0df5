import { expect, test } from '@jest/globals';
import { Hono } from 'hono';
import { answerUnrouted } from '../../../../../services/shared/http/answer-unrouted.js';

const routes = new Hono();
routes.get('/orders/:id', (c) => c.text('an order'));
routes.post('/orders', (c) => c.text('accepted', 202));
const app = new Hono();
app.use(async (_c, next) => {
  await next();
});
app.notFound(answerUnrouted(app));
app.route('/', routes);

test.each([
  ['DELETE', '/orders/7', 'GET, HEAD'],
  ['GET', '/orders', 'POST'],
  ['OPTIONS', '/orders', 'POST'],
])('%s %s is answered with 405 and what the path takes', async (method, path, allow) => {
  const response = await app.request(path, { method });

  expect(response.status).toBe(405);
  expect(response.headers.get('allow')).toBe(allow);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(await response.json()).toMatchObject({ status: 405, detail: `${path} takes ${allow}` });
});

test('a path that no route knows is answered with 404', async () => {
  const response = await app.request('/stock');

  expect(response.status).toBe(404);
  expect(response.headers.get('allow')).toBeNull();
  expect(await response.json()).toMatchObject({ status: 404, detail: 'no route GET /stock' });
});
