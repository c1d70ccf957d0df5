import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import type { PostgresUnderTest } from '../support/postgres.js';
import { startPostgres } from '../support/postgres.js';
import type { RawAnswer } from '../support/raw-http.js';
import { RawConnection, askRaw } from '../support/raw-http.js';
import type { ServiceProcess } from '../support/service-process.js';
import { startService } from '../support/service-process.js';

let postgres: PostgresUnderTest;
let service: ServiceProcess;
beforeAll(async () => {
  postgres = await startPostgres();
  service = await startService('inventory-api', {
    DATABASE_URL: await postgres.createDatabase('limits'),
    SHUTDOWN_DRAIN_MS: '0',
  });
}, 60_000);
afterAll(async () => {
  expect(await service.terminate()).toBe(0);
  await postgres.stop();
}, 30_000);

const ask = (bytes: string | Buffer): Promise<RawAnswer> => askRaw(service.url, bytes);
const get = (path: string, headers = ''): string =>
  `GET ${path} HTTP/1.1\r\nhost: test\r\nx-tenant-id: acme\r\n${headers}\r\n`;

interface Post {
  readonly path?: string;
  readonly headers?: string;
  readonly body?: string;
  readonly key?: string;
}
function postHead({ path = '/inventory/reservations', headers = '', key = 'a' }: Post): string {
  return [
    `POST ${path} HTTP/1.1`,
    'host: test',
    'x-tenant-id: acme',
    `idempotency-key: ${key}`,
    `content-type: application/json\r\n${headers}\r\n`,
  ].join('\r\n');
}
function post({ body = '', ...rest }: Post): string {
  const headers = `content-length: ${body.length}\r\n${rest.headers ?? ''}`;
  return postHead({ ...rest, headers }) + body;
}
function chunked(bytes: number): string {
  const chunk = `400\r\n${'x'.repeat(1024)}\r\n`;
  return `${chunk.repeat(bytes / 1024)}0\r\n\r\n`;
}
const wish = JSON.stringify({
  warehouseId: 'north',
  sku: 'SKU-0001',
  quantity: 1,
  reference: 'limits',
});

/** What every refusal has, and what none may tell. */
function expectProblem(answer: RawAnswer, status: number, detail?: string | RegExp): void {
  expect([answer.status, answer.text]).toEqual([status, expect.stringMatching(/^\{/)]);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer.body).toMatchObject({
    type: 'about:blank',
    status,
    requestId: answer.headers.get('x-request-id'),
    ...(detail !== undefined && {
      detail: typeof detail === 'string' ? detail : expect.stringMatching(detail),
    }),
  });
  expect(answer.body['requestId']).toMatch(/^[0-9a-f-]{36}$/);
  expect(answer.text).not.toMatch(/node_modules|\.[jt]s\b|\bat \S+ \(|Error|HPE_|ERR_|postgres/);
}

describe('what is no proper request', () => {
  test.each([
    ['is not HTTP', 'hello\r\n\r\n'],
    ['has a header without a name', get('/', ': nameless\r\n')],
    ['has a control character in a header', get('/', 'a: b\0c\r\n')],
    ['has two lengths', postHead({ headers: 'content-length: 1\r\ncontent-length: 2\r\n' })],
    [
      'has a length and is chunked',
      postHead({ headers: 'content-length: 1\r\ntransfer-encoding: chunked\r\n' }),
    ],
    [
      'has a chunk without a size',
      `${postHead({ headers: 'transfer-encoding: chunked\r\n' })}zz\r\n`,
    ],
    ['has no host', 'GET /inventory/items HTTP/1.1\r\n\r\n'],
    ['has a host that is none', 'GET /inventory/items HTTP/1.1\r\nhost: a b/c\r\n\r\n'],
    ['has an address without a path', 'GET inventory HTTP/1.1\r\nhost: test\r\n\r\n'],
    ['is a proxy request to nowhere', 'GET http:// HTTP/1.1\r\nhost: test\r\n\r\n'],
  ])('is refused with 400 when it %s', async (_what, bytes) => {
    const answer = await ask(bytes);

    expectProblem(answer, 400);
    expect(answer.headers.get('connection')).toBe('close');
  });

  test('is refused with 417 when it expects what is not known', async () => {
    expectProblem(await ask(get('/healthz', 'expect: wonders\r\n')), 417);
  });

  test.each([
    ['headers', get('/inventory/report', `x-long: ${'x'.repeat(17_000)}\r\n`)],
    ['an address', get(`/inventory/items?after=${'x'.repeat(17_000)}`)],
  ])('is refused with 431 when it has %s over 16 KiB', async (_what, bytes) => {
    expectProblem(await ask(bytes), 431, 'address and headers may hold 16384 bytes at most');
  });

  test('is refused with 431 when it has more than 100 headers', async () => {
    const headers = (count: number) =>
      Array.from({ length: count }, (_, index) => `x-${index}: 1\r\n`).join('');

    expect((await ask(get('/healthz', headers(98)))).status).toBe(200);
    expectProblem(await ask(get('/healthz', headers(99))), 431);
    expectProblem(await ask(get('/healthz', headers(1_500))), 431);
  });
});

describe('a body', () => {
  const limit = 64 * 1024;
  const tooLarge = `the body may hold ${limit} bytes at most`;

  test.each([
    ['of a declared length', post({ body: 'x'.repeat(limit + 1) })],
    ['in chunks', postHead({ headers: 'transfer-encoding: chunked\r\n' }) + chunked(limit + 1024)],
  ])('over 64 KiB is refused with 413: %s', async (_what, bytes) => {
    expectProblem(await ask(bytes), 413, tooLarge);
  });

  test.each([
    ['of a declared length', post({ body: 'x'.repeat(2 * 1024 ** 2) })],
    ['in chunks', postHead({ headers: 'transfer-encoding: chunked\r\n' }) + chunked(2 * 1024 ** 2)],
  ])('of 2 MiB leaves a kept-alive connection usable: %s', async (_what, bytes) => {
    const connection = await RawConnection.open(service.url);
    connection.send(bytes);
    expectProblem(await connection.answer(), 413, tooLarge);

    connection.send(get('/inventory/items/SKU-0001'));
    expect((await connection.answer()).status).toBe(200);
    connection.socket.destroy();
  });

  test('that never comes is refused by its declared length, and its connection closed', async () => {
    const connection = await RawConnection.open(service.url);
    connection.send(postHead({ headers: `content-length: ${10 * 1024 ** 3}\r\n` }));

    expectProblem(await connection.answer(), 413, tooLarge);
    await connection.closed();
  });

  test.each([
    ['no JSON', post({ body: '{' }), 400],
    ['nothing', post({}), 400],
    ['JSON that does not fit', post({ body: '[]' }), 422],
    [
      'of another media type',
      post({ body: wish, headers: 'content-type: text/xml\r\n' }).replace(
        'content-type: application/json\r\n',
        '',
      ),
      415,
    ],
  ])('that is %s is refused', async (_what, bytes, status) => {
    expectProblem(await ask(bytes), status);
  });
});

describe('a path', () => {
  test('that nobody serves is 404', async () => {
    expectProblem(await ask(get('/nothing')), 404, 'no route GET /nothing');
  });

  test.each(['DELETE', 'PUT', 'OPTIONS'])('under another method (%s) is 405', async (method) => {
    const answer = await ask(get('/inventory/report').replace('GET', method));

    expectProblem(answer, 405, '/inventory/report takes GET, HEAD');
    expect(answer.headers.get('allow')).toBe('GET, HEAD');
  });

  test('is answered to HEAD as to GET, without the body', async () => {
    const connection = await RawConnection.open(service.url);
    connection.send(get('/inventory/items/SKU-0001').replace('GET', 'HEAD'));
    const head = await connection.answer({ hasBody: false });
    connection.send(get('/inventory/items/SKU-0001'));
    const whole = await connection.answer();
    connection.socket.destroy();

    expect([head.status, whole.status]).toEqual([200, 200]);
    expect(head.headers.get('content-type')).toBe('application/json');
    expect(whole.text).toContain('SKU-0001');
  });

  test('a known request id is kept, another is replaced', async () => {
    const known = await ask(get('/nothing', 'x-request-id: order-7\r\n'));
    expect([known.headers.get('x-request-id'), known.body['requestId']]).toEqual([
      'order-7',
      'order-7',
    ]);
    expectProblem(await ask(get('/nothing', 'x-request-id: a b\r\n')), 404);
  });
});

test('over 2,000 connections one more is closed at once, until another leaves', async () => {
  const healthy = get('/healthz');
  const open = await Promise.all(
    Array.from({ length: 2_000 }, () => RawConnection.open(service.url)),
  );
  const oneMore = await RawConnection.open(service.url);
  await oneMore.closed();

  open[0]?.socket.destroy();
  await eventually('there is room again', () =>
    ask(healthy).then(
      ({ status }) => status === 200 || undefined,
      () => undefined,
    ),
  );
  for (const { socket } of open) socket.destroy();
}, 30_000);
