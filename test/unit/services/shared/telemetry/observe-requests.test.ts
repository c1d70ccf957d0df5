import { EventEmitter } from 'node:events';
import { METHODS } from 'node:http';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Hono } from 'hono';
import { markRefused } from '../../../../../services/shared/flags/refused-requests.js';
import { createHttpMetrics } from '../../../../../services/shared/telemetry/http-metrics.js';
import { createLogger } from '../../../../../services/shared/telemetry/logger.js';
import { MetricsRegistry } from '../../../../../services/shared/telemetry/metrics-registry.js';
import { observeRequests } from '../../../../../services/shared/telemetry/observe-requests.js';
import { noteWarehouse } from '../../../../../services/shared/telemetry/request-warehouse.js';
import { SignalRing } from '../../../../../services/shared/telemetry/signal-ring.js';

interface Observed {
  ask(method: string, path: string, headers?: Record<string, string>): Promise<Response>;
  /** Lines of the exposition that contain all the given parts. */
  lines(...parts: string[]): Promise<string[]>;
  readonly log: Record<string, unknown>[];
  readonly signals: SignalRing;
}

function observe({
  level = 'info',
  ...options
}: { level?: string; slowMs?: number; sampleEvery?: number } = {}): Observed {
  const app = new Hono();
  app.use(async (_c, next) => {
    await next();
  });
  app.get('/items/:sku', (c) => c.text('item'));
  app.post('/items', (c) => c.text('made', 201));
  app.post('/stock', (c) => {
    noteWarehouse(c.req.raw, c.req.header('x-warehouse') ?? 'north');
    return c.text('failed', 500);
  });
  app.get('/broken', () => {
    throw new Error('broken');
  });
  app.post('/closed', (c) => {
    markRefused(c.req.raw, 'read-only');
    return c.text('not now', 503);
  });
  app.get('/healthz', (c) => c.text('ok'));
  app.onError((_error, c) => c.text('failed', 500));

  const log: Record<string, unknown>[] = [];
  const logger = createLogger({
    name: 'test',
    level,
    destination: { write: (line) => log.push(JSON.parse(line) as Record<string, unknown>) },
  });
  const registry = new MetricsRegistry();
  const signals = new SignalRing();
  const observed = observeRequests(app, {
    metrics: createHttpMetrics(registry),
    logger,
    signals,
    ...options,
  });
  return {
    signals,
    ask: async (method, path, headers = {}) =>
      observed.fetch(new Request(`http://localhost${path}`, { method, headers })),
    async lines(...parts) {
      const all = (await registry.metrics()).split('\n');
      return all.filter((line) => parts.every((part) => line.includes(part)));
    },
    log,
  };
}

describe('metrics of requests', () => {
  test('are at zero before the first request, errors included', async () => {
    const { lines } = observe();

    expect(await lines('http_requests_total{', 'route="/items/:sku"')).toEqual([
      'http_requests_total{method="GET",route="/items/:sku",kind="read",status="200"} 0',
      'http_requests_total{method="GET",route="/items/:sku",kind="read",status="499"} 0',
      'http_requests_total{method="GET",route="/items/:sku",kind="read",status="500"} 0',
      'http_requests_total{method="GET",route="/items/:sku",kind="read",status="503"} 0',
    ]);
    expect(await lines('_bucket', 'route="/items"', 'le="+Inf"')).toEqual([
      'http_request_duration_seconds_bucket{method="POST",route="/items",kind="write",le="+Inf"} 0',
    ]);
  });

  test('count by pattern, not by path', async () => {
    const { ask, lines } = observe();

    await ask('GET', '/items/a');
    await ask('GET', '/items/b?x=1');

    expect(await lines('http_requests_total{', 'status="200"', '/items/')).toEqual([
      'http_requests_total{method="GET",route="/items/:sku",kind="read",status="200"} 2',
    ]);
    expect(await lines('duration_seconds_count', '/items/')).toEqual([
      'http_request_duration_seconds_count{method="GET",route="/items/:sku",kind="read"} 2',
    ]);
  });

  test('tell writes from reads', async () => {
    const { ask, lines } = observe();

    await ask('POST', '/items');

    expect(await lines('status="201"')).toEqual([
      'http_requests_total{method="POST",route="/items",kind="write",status="201"} 1',
    ]);
  });

  test('count what is refused on purpose apart, and log no failure', async () => {
    const { ask, lines, log } = observe();

    await ask('POST', '/closed');

    expect(await lines('http_requests_refused_total{')).toEqual([
      'http_requests_refused_total{method="POST",route="/closed",kind="write",why="read-only"} 1',
    ]);
    expect(await lines('http_requests_total{', 'route="/closed"', 'status="503"')).toEqual([
      'http_requests_total{method="POST",route="/closed",kind="write",status="503"} 0',
    ]);
    expect(await lines('duration_seconds_count', '/closed')).toEqual([
      'http_request_duration_seconds_count{method="POST",route="/closed",kind="write"} 0',
    ]);
    expect(log).toEqual([]);
  });

  test('gather every unknown path under one route', async () => {
    const { ask, lines } = observe();

    for (const path of ['/a', '/b', '/c/d', '/items']) await ask('GET', path);

    expect(await lines('status="404"')).toEqual([
      'http_requests_total{method="GET",route="unmatched",kind="read",status="404"} 4',
    ]);
  });

  test('count failures', async () => {
    const { ask, lines } = observe();

    await ask('GET', '/broken');

    expect(await lines('/broken', 'status="500"')).toEqual([
      'http_requests_total{method="GET",route="/broken",kind="read",status="500"} 1',
    ]);
  });

  test('count a HEAD request apart, under the route that answers it', async () => {
    const { ask, lines } = observe();

    await ask('HEAD', '/items/a');

    expect(await lines('method="HEAD"', 'status="200"')).toEqual([
      'http_requests_total{method="HEAD",route="/items/:sku",kind="read",status="200"} 1',
    ]);
  });

  test('leave probes out', async () => {
    const { ask, lines } = observe();

    await ask('GET', '/healthz');

    expect(await lines('healthz')).toEqual([]);
  });
});

describe('buckets of the duration', () => {
  test.each([
    [0.5, 'le="0.5"', 1],
    [0.5001, 'le="0.5"', 0],
    [0.75, 'le="0.75"', 1],
    [0.7501, 'le="0.75"', 0],
    [60, 'le="10"', 0],
    [60, 'le="+Inf"', 1],
  ])('%d s counts in %s as %d', async (seconds, bucket, count) => {
    const registry = new MetricsRegistry();
    createHttpMetrics(registry).seriesFor('GET', '/').record(200, seconds);

    const line = (await registry.metrics()).split('\n').find((each) => each.includes(bucket));

    expect(line?.split(' ').at(-1)).toBe(String(count));
  });
});

describe('the log of requests', () => {
  test('holds every failure', async () => {
    const { ask, log } = observe();

    await ask('GET', '/items/a');
    await ask('GET', '/broken');

    expect(log).toMatchObject([{ level: 'warn', route: '/broken', method: 'GET', status: 500 }]);
  });

  test('holds every slow answer', async () => {
    const { ask, log } = observe({ slowMs: -1 });

    await ask('GET', '/items/a');

    expect(log).toMatchObject([{ level: 'warn', route: '/items/:sku', status: 200 }]);
  });

  test('holds a sample of the rest', async () => {
    const { ask, log } = observe({ sampleEvery: 3 });

    for (let i = 0; i < 7; i += 1) await ask('GET', '/items/a');

    expect(log).toHaveLength(2);
  });

  test('holds everything when the logger takes debug lines', async () => {
    const { ask, log } = observe({ level: 'debug' });

    for (let i = 0; i < 7; i += 1) await ask('GET', '/items/a');

    expect(log).toHaveLength(7);
  });
});

test('a line of the log has the same fields in the same order, whether remarkable or not', async () => {
  const { ask, log } = observe({ level: 'debug' });

  await ask('GET', '/items/a', { 'x-request-id': 'r-1' });
  await ask('GET', '/broken');

  expect(Object.keys(log[0]!)).toEqual(Object.keys(log[1]!));
  expect(log[0]).toMatchObject({ level: 'info', name: 'test', requestId: 'r-1', status: 200 });
});

test('no line of the log can be forged by a header', async () => {
  const { ask, log } = observe({ level: 'debug' });

  await ask('GET', '/items/a', { 'x-request-id': '","level":"fatal', traceparent: '"}' });

  expect(log).toMatchObject([
    { level: 'info', requestId: expect.stringMatching(/^[\da-f-]{36}$/) },
  ]);
});

test('an answer is not logged below the level', async () => {
  const { ask, log } = observe({ level: 'warn', sampleEvery: 1 });

  await ask('GET', '/items/a');

  expect(log).toEqual([]);
});

describe('signals', () => {
  test('are requests that failed, with whom they concerned and where they belong', async () => {
    const { ask, signals } = observe();

    await ask('GET', '/items/a', { 'x-tenant-id': 'acme' });
    await ask('POST', '/closed', { 'x-tenant-id': 'acme' });
    await ask('POST', '/stock', {
      'x-tenant-id': 'acme',
      'x-request-id': 'r-1',
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    });

    expect(signals.read().signals).toEqual([
      {
        at: expect.stringMatching(/^\d{4}-.*Z$/),
        severity: 'error',
        kind: 'span',
        method: 'POST',
        route: '/stock',
        status: 500,
        durationMs: expect.any(Number),
        tenant: 'acme',
        warehouse: 'north',
        requestId: 'r-1',
        traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
        spanId: expect.stringMatching(/^[\da-f]{16}$/),
        message: null,
      },
    ]);
  });

  test('are slow requests too, as warnings', async () => {
    const { ask, signals } = observe({ slowMs: -1 });

    await ask('GET', '/items/a');

    expect(signals.read().signals).toMatchObject([
      { severity: 'warning', kind: 'span', route: '/items/:sku', status: 200, tenant: null },
    ]);
  });
});

test.each(['alice@ops (approved by cto)', 'Acme', '-acme', 'a'.repeat(41), ''])(
  'signals and metrics never tell of a tenant "%s": none has such a name',
  async (name) => {
    const { ask, signals, lines } = observe();

    await ask('POST', '/stock', { 'x-tenant-id': name });

    expect(signals.read().signals).toMatchObject([{ route: '/stock', tenant: null }]);
    expect(await lines('http_requests_by_tenant_total{')).toEqual([
      expect.stringContaining('(other)'),
      expect.stringContaining('(other)'),
    ]);
  },
);

describe('requests by tenant and warehouse', () => {
  test('count failures apart, and refusals not at all', async () => {
    const { ask, lines } = observe();
    const acme = { 'x-tenant-id': 'acme' };

    await ask('GET', '/items/a', acme);
    await ask('POST', '/stock', acme);
    await ask('POST', '/closed', acme);
    await ask('GET', '/items/a');

    expect(await lines('_by_')).toEqual(
      expect.arrayContaining([
        'http_requests_by_tenant_total{tenant="acme",result="ok"} 1',
        'http_requests_by_tenant_total{tenant="acme",result="failed"} 1',
        'http_requests_by_warehouse_total{warehouse="north",result="failed"} 1',
      ]),
    );
  });

  test('have a bounded number of series, however many tenants call', async () => {
    const { ask, lines } = observe();

    for (let index = 0; index < 2_000; index += 1) {
      await ask('GET', '/items/a', { 'x-tenant-id': `tenant-${index}` });
    }

    expect((await lines('http_requests_by_tenant_total{')).length).toBeLessThanOrEqual(42);
  });
});

test('hostile traffic makes no more series than routes, methods and 20 names of each kind allow', async () => {
  const { ask, lines } = observe();
  const methods = [
    ...METHODS.filter((method) => !['CONNECT', 'TRACE'].includes(method)),
    'MADE-UP',
  ];
  for (let index = 0; index < 6_000; index += 1) {
    const method = methods[index % methods.length] ?? 'GET';
    const path = index % 3 === 0 ? '/stock' : `/${index.toString(36)}/${'x'.repeat(index % 200)}`;
    await ask(method, path, { 'x-tenant-id': `tenant-${index}`, 'x-warehouse': `w-${index}` });
  }

  const series = (await lines('{')).filter((line) => !line.startsWith('#'));
  // 5 routes and HEAD on one of them, 8 methods on unknown paths; 14 lines of durations each and a few statuses.
  expect(series.filter((line) => line.includes('_duration_')).length).toBeLessThanOrEqual(14 * 14);
  expect(series.filter((line) => line.includes('http_requests_total')).length).toBeLessThanOrEqual(
    14 * 6,
  );
  expect(series.filter((line) => line.includes('_by_')).length).toBeLessThanOrEqual(2 * 2 * 21);
  expect(series.length).toBeLessThanOrEqual(400);
});

describe('when a connection ends', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  function connect() {
    const app = new Hono();
    let answer: (response: Response) => void = () => undefined;
    app.get('/quick', (c) => c.text('done'));
    app.get('/slow', () => new Promise<Response>((resolve) => (answer = resolve)));
    const registry = new MetricsRegistry();
    const observed = observeRequests(app, {
      metrics: createHttpMetrics(registry),
      logger: createLogger({ name: 'test', level: 'silent' }),
    });
    const socket = new EventEmitter();
    const incoming = { headers: {}, complete: true, socket };
    return {
      get: (path: string) =>
        Promise.resolve(observed.fetch(new Request(`http://localhost${path}`), { incoming })),
      answer: () => {
        answer(new Response('too late'));
      },
      end: () => socket.emit('close'),
      /** Lines of what was counted, by the beginning of their name. */
      counted: async (name: string) => {
        jest.useRealTimers();
        const lines = (await registry.metrics()).split('\n');
        return lines.filter((line) => line.startsWith(name) && / [^0]\S*$/.test(line));
      },
    };
  }

  test('it says nothing about requests answered before, and all about those that are not', async () => {
    const { get, end, counted } = connect();
    await get('/quick');
    void get('/slow');
    void get('/slow');
    jest.advanceTimersByTime(2_000);
    end();

    expect(await counted('http_requests_')).toEqual([
      'http_requests_total{method="GET",route="/quick",kind="read",status="200"} 1',
      'http_requests_total{method="GET",route="/slow",kind="read",status="499"} 2',
    ]);
  });

  test('a request whose caller gave up counts once, as failed and as slow as it was waited for', async () => {
    const { get, answer, end, counted } = connect();
    const answered = get('/slow');
    jest.advanceTimersByTime(2_000);
    end();
    answer();
    await answered;

    expect(await counted('http_requests_')).toEqual([
      'http_requests_total{method="GET",route="/slow",kind="read",status="499"} 1',
    ]);
    expect(await counted('http_request_duration_seconds_sum')).toEqual([
      'http_request_duration_seconds_sum{method="GET",route="/slow",kind="read"} 2',
    ]);
  });

  test('a request withdrawn before is counted apart, once, and says nothing of how long answers take', async () => {
    const { get, answer, end, counted } = connect();
    const answered = get('/slow');
    jest.advanceTimersByTime(400);
    end();
    answer();
    await answered;

    expect(await counted('http_request')).toEqual([
      'http_requests_withdrawn_total{method="GET",route="/slow",kind="read"} 1',
    ]);
  });
});
