import { expect, test } from '@jest/globals';
import { Hono } from 'hono';
import { limitBody } from '../../../../../services/shared/http/body-limit.js';

/** An app that tells the content, and whether the handler's request is the one that came in. */
function createApp(): Hono {
  const app = new Hono();
  let came: Request | undefined;
  app.use((c, next) => {
    came = c.req.raw;
    return next();
  });
  app.use(limitBody(10));
  app.post('/', async (c) => c.json({ content: await c.req.json(), isSame: c.req.raw === came }));
  return app;
}

async function post(body: string): Promise<{ status: number; answer: unknown }> {
  const stream = ReadableStream.from([Buffer.from(body.slice(0, 3)), Buffer.from(body.slice(3))]);
  const init = { method: 'POST', body: stream, duplex: 'half' as const };
  const response = await createApp().request('/', init);
  return { status: response.status, answer: await response.json() };
}

test('a streamed body within the limit reaches the handler, and the request stays the same', async () => {
  expect(await post('{"a":"bc"}')).toEqual({
    status: 200,
    answer: { content: { a: 'bc' }, isSame: true },
  });
});

test('a streamed body one byte over the limit is refused', async () => {
  expect(await post('{"a":"bcd"}')).toMatchObject({
    status: 413,
    answer: { detail: 'the body may hold 10 bytes at most' },
  });
});
