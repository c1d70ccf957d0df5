import { expect, test } from '@jest/globals';
import { Hono } from 'hono';
import { limitBody } from '../../../../../services/shared/http/body-limit.js';

function echo(): Hono {
  const app = new Hono();
  app.use(limitBody(10));
  app.post('/', async (c) => c.text(await c.req.text()));
  return app;
}

test('a body of the allowed size passes', async () => {
  const response = await echo().request('/', { method: 'POST', body: '0123456789' });

  expect(await response.text()).toBe('0123456789');
});

test('a larger body is refused with 413', async () => {
  const response = await echo().request('/', {
    method: 'POST',
    body: '0123456789x',
    headers: { 'content-length': '11' },
  });

  expect(response.status).toBe(413);
  expect(await response.json()).toMatchObject({ detail: 'the body may hold 10 bytes at most' });
});

test('a larger body that does not announce its size is refused too', async () => {
  const body = new Blob(['012345', '6789x']).stream();

  const response = await echo().request('/', { method: 'POST', body, duplex: 'half' });

  expect(response.status).toBe(413);
});

test('a body that does not announce its size reaches the handler, and its request stays the same', async () => {
  const app = new Hono();
  let came: Request | undefined;
  app.use((c, next) => {
    came = c.req.raw;
    return next();
  });
  app.use(limitBody(10));
  app.post('/', async (c) =>
    c.json({ content: await c.req.json<unknown>(), isSame: c.req.raw === came }),
  );
  const body = new Blob(['{"a":', '"bc"}']).stream();

  const response = await app.request('/', { method: 'POST', body, duplex: 'half' });

  expect(await response.json()).toEqual({ content: { a: 'bc' }, isSame: true });
});
