import { afterEach, expect, test } from '@jest/globals';
import { Hono } from 'hono';
import { Readiness } from '../../../../../services/shared/http/health-routes.js';
import type { Patience } from '../../../../../services/shared/http/patience.js';
import { usualPatience } from '../../../../../services/shared/http/patience.js';
import type { RunningServer } from '../../../../../services/shared/http/server.js';
import { serve } from '../../../../../services/shared/http/server.js';
import { silent } from '../../../../support/api.js';
import { RawConnection } from '../../../../support/raw-http.js';

function createApp(): Hono {
  const app = new Hono();
  app.get('/', (c) => c.text('done'));
  app.post('/', async (c) => c.text(await c.req.text()));
  return app;
}

let server: RunningServer;
afterEach(() => server.stop());

/** A connection to a server that waits as usual but for what is given. */
async function open(patience: Partial<Patience>, app = createApp()): Promise<RawConnection> {
  server = await serve(app, {
    host: '127.0.0.1',
    port: 0,
    readiness: new Readiness(),
    logger: silent,
    drainMs: 0,
    graceMs: 0,
    patience: { ...usualPatience, connectionsCheckingInterval: 20, ...patience },
  });
  return RawConnection.open(server.url);
}

async function expectTimeout(connection: RawConnection): Promise<void> {
  const { status, headers, body } = await connection.answer();
  expect([status, headers.get('content-type')]).toEqual([408, 'application/problem+json']);
  expect(body).toMatchObject({ status: 408, detail: 'the request did not arrive in time' });
  await connection.closed();
}

/** Sends a byte now and then, as long as the connection stands. */
function trickle(connection: RawConnection, bytes: string): void {
  const sending = setInterval(() => connection.socket.write(bytes), 20);
  connection.socket.once('close', () => {
    clearInterval(sending);
  });
}

test('a caller that never finishes its headers gets 408', async () => {
  const connection = await open({ headersTimeout: 150 });
  connection.send('GET / HTTP/1.1\r\n');
  trickle(connection, 'a: b\r\n');
  await expectTimeout(connection);
});

test('a caller that says nothing at all gets 408', async () => {
  await expectTimeout(await open({ headersTimeout: 150 }));
});

test('a caller that says nothing after an answer may do so for longer, then is let go', async () => {
  const connection = await open({ headersTimeout: 50, keepAliveTimeout: 300 });
  connection.send('GET / HTTP/1.1\r\nhost: test\r\n\r\n');
  const answer = await connection.answer();
  const answeredAt = performance.now();
  await connection.closed();

  expect([answer.status, answer.text]).toEqual([200, 'done']);
  expect(performance.now() - answeredAt).toBeGreaterThan(250);
});

test.each([
  ['of a declared length', 'content-length: 100000', 'x'],
  ['in chunks', 'transfer-encoding: chunked', '1\r\nx\r\n'],
])('a caller that never finishes its body, %s, gets 408', async (_what, header, bytes) => {
  const connection = await open({ requestTimeout: 200, headersTimeout: 100 });
  connection.send(`POST / HTTP/1.1\r\nhost: test\r\n${header}\r\n\r\n`);
  trickle(connection, bytes);
  await expectTimeout(connection);
});

test('a caller that does not read its answer is cut off', async () => {
  const app = createApp();
  const block = new Uint8Array(64 * 1024);
  const cut = new Promise((resolve) => {
    const pull = (to: ReadableStreamDefaultController): void => {
      to.enqueue(block);
    };
    app.get('/endless', (c) => c.body(new ReadableStream({ pull, cancel: resolve })));
  });
  const connection = await open({ stallTimeout: 200 }, app);
  connection.socket.pause();
  connection.send('GET /endless HTTP/1.1\r\nhost: test\r\n\r\n');
  await cut;
});

test('the usual waits outlast a proxy that keeps connections for 60 s, and no other caller', () => {
  const { keepAliveTimeout, headersTimeout, requestTimeout } = usualPatience;

  expect(keepAliveTimeout).toBeGreaterThan(60_000);
  expect(headersTimeout).toBeLessThan(requestTimeout);
  expect(requestTimeout).toBeLessThan(30_000);
});
