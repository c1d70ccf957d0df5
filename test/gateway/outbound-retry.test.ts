import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { outboundRoutes } from '../../services/outbound-api/app.js';
import type { Breaker } from '../../services/outbound-api/breaker.js';
import { createBreaker } from '../../services/outbound-api/breaker.js';
import { startDispatcher } from '../../services/outbound-api/dispatcher.js';
import { Doorbell } from '../../services/outbound-api/doorbell.js';
import { createApi } from '../../services/shared/http/create-api.js';
import { Readiness } from '../../services/shared/http/health-routes.js';
import type { Database } from '../../services/shared/storage/database.js';
import { MetricsRegistry } from '../../services/shared/telemetry/metrics-registry.js';
import { silent } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type {
  DownstreamUnderTest,
  MonitoringUnderTest,
  OutboundDatabase,
} from '../support/outbound.js';
import {
  openOutboundDatabase,
  outboundOptions,
  startDownstream,
  startFedMonitoring,
} from '../support/outbound.js';

let outbound: OutboundDatabase;
let database: Database;
let downstream: DownstreamUnderTest;
let monitoring: MonitoringUnderTest;
let breaker: Breaker;
let api: ReturnType<typeof createApi>;
let dispatchers: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  outbound = await openOutboundDatabase();
  database = outbound.database;
  downstream = await startDownstream();
}, 60_000);

afterAll(async () => {
  await downstream.stop();
  await outbound.stop();
});

beforeEach(async () => {
  downstream.received.length = 0;
  downstream.answer = () => 201;
  monitoring = await startFedMonitoring();
  monitoring.feed('ok');
  breaker = createBreaker({ failures: 2, probeAfterMs: 60_000 });
  api = serve();
});

afterEach(async () => {
  await Promise.all(dispatchers.map((one) => one.stop()));
  dispatchers = [];
  await monitoring.stop();
  await database`delete from orders`;
  await database`delete from retries`;
  await database`delete from idempotency_keys`;
});

function serve(overrides: Partial<ReturnType<typeof outboundOptions>> = {}) {
  const registry = new MetricsRegistry();
  return createApi({
    title: 'test',
    release: 'test',
    readiness: new Readiness(),
    registry,
    logger: silent,
    faults: null,
    routes: outboundRoutes({
      ...outboundOptions(database),
      registry,
      breaker,
      monitoring,
      tokens: { service: ['service-token'], sre: ['sre-token'] },
      ...overrides,
    }),
  });
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Record<string, unknown>;
}

async function ask(path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await api.request(path, {
    ...init,
    headers: { authorization: 'Bearer service-token', ...(init.headers as object) },
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: JSON.parse(text) as Record<string, unknown>,
  };
}

function retry(body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return ask('/outbound/retry', { method: 'POST', body: text, headers });
}

const asSre = { authorization: 'Bearer sre-token' };

type Kind = 'waiting' | 'dead';

/** Old enough not to count as growth, waiting for a while yet or given up. */
async function addOrders(kind: Kind, count: number, tenantId = 'acme'): Promise<string[]> {
  const rows = await database<{ id: string }[]>`
    insert into orders (tenant_id, warehouse_id, reference, lines, status, attempts, refusals,
      next_attempt_at, created_at)
    select ${tenantId}, 'north', 'order ' || number, '[]',
      ${kind === 'dead' ? 'dead' : 'accepted'}, 8, ${kind === 'dead' ? 8 : 0},
      now() + interval '1 hour', now() - interval '1 hour'
    from generate_series(1, ${count}) number returning id`;
  return rows.map(({ id }) => id);
}

function dispatch(): void {
  const { url: downstreamUrl } = downstream;
  dispatchers.push(
    startDispatcher({ database, logger: silent, downstreamUrl, breaker, idleMs: 20 }),
  );
}

async function statuses(): Promise<Record<string, number>> {
  const rows = await database<{ status: string; count: number }[]>`
    select status, count(*)::int as count from orders group by status`;
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
}

async function finished(id: unknown): Promise<Answer> {
  return eventually('the retry is finished', async () => {
    const answer = await ask(`/outbound/retries/${String(id)}`);
    return answer.body['status'] === 'finished' ? answer : undefined;
  });
}

describe('a retry', () => {
  test('wakes the dispatcher of its process, however long that meant to wait', async () => {
    const doorbell = new Doorbell();
    api = serve({
      onRetry: () => {
        doorbell.ring();
      },
    });
    const { url: downstreamUrl } = downstream;
    dispatchers.push(
      startDispatcher({
        ...{ database, logger: silent, downstreamUrl, breaker },
        ...{ idleMs: 3_600_000, doorbell },
      }),
    );
    await addOrders('dead', 3);

    const { body } = await retry({ tenantId: 'acme', force: true });

    expect((await finished(body['id'])).body).toMatchObject({ delivered: 3 });
  }, 30_000);

  test('of a tenant sends what waits of it now, and nothing else', async () => {
    const ids = await addOrders('waiting', 3);
    await addOrders('dead', 2);
    await addOrders('waiting', 1, 'globex');

    const { status, headers, body } = await retry({ tenantId: 'acme' });

    expect(status).toBe(202);
    expect(headers.get('location')).toBe(`/outbound/retries/${String(body['id'])}`);
    expect(body).toMatchObject({
      tenantId: 'acme',
      force: false,
      maxAttempts: 3,
      backoffMs: 5_000,
      status: 'running',
      orders: 3,
      more: false,
      note: null,
      waiting: 3,
      delivered: 0,
      finishedAt: null,
    });
    dispatch();
    expect((await finished(body['id'])).body).toMatchObject({
      orders: 3,
      waiting: 0,
      delivered: 3,
      failedAttempts: 0,
    });
    expect(downstream.received.map(({ key }) => key).sort()).toEqual([...ids].sort());
    expect(await statuses()).toEqual({ delivered: 3, dead: 2, accepted: 1 });
  }, 30_000);

  test('by force sends dead letters too', async () => {
    await addOrders('waiting', 1);
    await addOrders('dead', 2);

    const { body } = await retry({ tenantId: 'acme', force: true });

    expect(body).toMatchObject({ orders: 3, force: true });
    dispatch();
    await finished(body['id']);
    expect(await statuses()).toEqual({ delivered: 3 });
  }, 30_000);

  test('gives each order attempts of its own, whatever it has been through, and then the ordinary rule', async () => {
    downstream.answer = () => 422;
    const [dead = ''] = await addOrders('dead', 1);
    const [fresh = ''] = await addOrders('waiting', 1);

    const wish = { tenantId: 'acme', force: true, maxAttempts: 3, backoffMs: 100 };
    const { body } = await retry(wish);
    dispatch();

    expect((await finished(body['id'])).body).toMatchObject({
      dead: 1,
      postponed: 1,
      failedAttempts: 6,
    });
    const attempts = () =>
      [dead, fresh].map((id) => downstream.received.filter(({ key }) => key === id).length);
    expect(attempts()).toEqual([3, 3]);
    expect(await statuses()).toEqual({ dead: 1, accepted: 1 });

    const again = await retry({ ...wish, maxAttempts: 1 });
    await finished(again.body['id']);
    expect(attempts()).toEqual([4, 4]);
    const third = await retry({ ...wish, maxAttempts: 2 });
    await finished(third.body['id']);
    expect(attempts()).toEqual([6, 6]);
  }, 30_000);

  test('of nothing is finished at once', async () => {
    const { status, body } = await retry({ tenantId: 'nobody' });

    expect(status).toBe(202);
    expect(body).toMatchObject({
      status: 'finished',
      orders: 0,
      note: 'no order of tenant nobody waits (dead letters need force), but for those of another retry that runs',
    });
    expect(body['finishedAt']).not.toBeNull();
    const byForce = await retry({ allTenants: true, force: true }, asSre);
    expect(byForce.body['note']).toMatch(/^no order waits or is a dead letter/);
  });

  test('takes over an order in hand: a failure of that attempt does not change its schedule', async () => {
    downstream.answer = () => null;
    const [id = ''] = await addOrders('waiting', 1);
    await database`update orders set next_attempt_at = now()`;
    dispatch();
    await eventually('it is in hand', () => (downstream.received.length === 1 ? true : undefined));

    const { body } = await retry({ tenantId: 'acme' });
    expect(body).toMatchObject({ orders: 1, waiting: 1 });
    downstream.answer = () => 201;
    expect((await finished(body['id'])).body).toMatchObject({ delivered: 1, failedAttempts: 0 });
    expect(downstream.received.map(({ key }) => key)).toEqual([id, id]);
  }, 30_000);
});

test('an order that is delivered while a retry takes it stays delivered', async () => {
  const [id = ''] = await addOrders('waiting', 1);
  const retrying = await database.begin(async (transaction) => {
    await transaction`update orders set status = 'delivered' where id = ${id}`;
    const asked = retry({ tenantId: 'acme' });
    await eventually('the retry waits for the order', async () => {
      const waiting = await database`
        select from pg_stat_activity where wait_event_type = 'Lock' and query like '%update orders%'`;
      return waiting.length > 0 ? true : undefined;
    });
    return { asked };
  });

  expect((await retrying.asked).body).toMatchObject({ orders: 0, status: 'finished' });
  expect(await statuses()).toEqual({ delivered: 1 });
}, 30_000);

describe("the runbook's own command", () => {
  const command = '{"tenantId":"acme","force":true,"maxAttempts":3,"backoffMs":5000}';

  test('works as it is written, though curl declares its body a form', async () => {
    await addOrders('dead', 2);

    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const { status, body } = await retry(command, headers);

    expect(status).toBe(202);
    expect(body).toMatchObject({ orders: 2, force: true, maxAttempts: 3, backoffMs: 5_000 });
  });

  test.each([
    ['no JSON', 'tenantId=acme', 400],
    ['no body', '', 400],
    ['no object', '[]', 422],
    ['a mistyped name', '{"tenantId":"acme","maxAttemps":3}', 422],
    ['no scope', '{"force":true}', 422],
    ['two scopes', '{"tenantId":"acme","allTenants":true}', 422],
    ['a tenant that cannot be', '{"tenantId":"ACME"}', 422],
    ['no attempts', '{"tenantId":"acme","maxAttempts":0}', 422],
    ['too long a wait', '{"tenantId":"acme","backoffMs":60001}', 422],
  ])('with %s is refused, and starts nothing', async (_, body, expected) => {
    await addOrders('waiting', 1);
    const { status, headers } = await retry(body);

    expect([status, headers.get('content-type')]).toEqual([expected, 'application/problem+json']);
    expect(await database`select from retries`).toHaveLength(0);
  });
});

describe('who may ask', () => {
  const paths = [
    '/outbound/queue',
    '/outbound/retries',
    '/outbound/retries/00000000-0000-4000-8000-000000000000',
  ];

  test.each([
    ['no token', '', 401],
    ['a wrong one', 'Bearer wrong', 401],
    ['the service', 'Bearer service-token', 202],
    ['an sre', 'Bearer sre-token', 202],
  ])('for a tenant: %s gets what it should', async (_, authorization, expected) => {
    const { status } = await retry({ tenantId: 'acme' }, { authorization });
    expect(status).toBe(expected);
  });

  test('for all tenants: only an sre who says so', async () => {
    await addOrders('waiting', 1, 'acme');
    await addOrders('waiting', 1, 'globex');

    const refused = await retry({ allTenants: true });
    const unsaid = await retry({}, asSre);
    const begun = await retry({ allTenants: true }, asSre);

    expect([refused.status, unsaid.status, begun.status]).toEqual([403, 422, 202]);
    expect(refused.body['detail']).toContain('role service');
    expect(begun.body).toMatchObject({ tenantId: null, orders: 2 });
  });

  test.each(paths)('%s asks for a token too', async (path) => {
    const headers = { authorization: '' };
    expect((await ask(path, { headers })).status).toBe(401);
    expect((await ask(path)).status).not.toBe(401);
  });

  test.each(['/outbound/retry', ...paths])('nobody where no token is set: %s', async (path) => {
    api = serve({ tokens: { service: [], sre: [] } });
    const method = path === '/outbound/retry' ? 'POST' : 'GET';
    const { status, body } = await ask(path, { method });
    expect([status, body['detail']]).toEqual([
      403,
      'nobody may ask this: neither SERVICE_TOKEN nor SRE_TOKEN is set',
    ]);
  });

  test('one token for two roles does not start', () => {
    expect(() => serve({ tokens: { service: ['same'], sre: ['same'] } })).toThrow(
      'SERVICE_TOKEN and SRE_TOKEN share a token',
    );
  });
});

describe('asking again', () => {
  test('while it runs gives the retry that runs, whoever asks at once', async () => {
    await addOrders('waiting', 5);

    const answers = await Promise.all([1, 2, 3, 4].map(() => retry({ tenantId: 'acme' })));

    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 202]);
    expect(new Set(answers.map(({ body }) => body['id'])).size).toBe(1);
    expect((await retry({ tenantId: 'acme', force: true })).status).toBe(202);
  });

  test('afterwards begins a new one', async () => {
    await addOrders('waiting', 1);
    const first = await retry({ tenantId: 'acme' });
    dispatch();
    await finished(first.body['id']);

    const second = await retry({ tenantId: 'acme' });
    expect(second.status).toBe(202);
    expect(second.body['id']).not.toBe(first.body['id']);
  }, 30_000);

  test('with the same key gives the same answer, also when it has ended', async () => {
    await addOrders('waiting', 1);
    const key = { 'idempotency-key': 'retry-1' };
    const first = await retry({ tenantId: 'acme' }, key);
    dispatch();
    await finished(first.body['id']);
    monitoring.feed('critical');

    const again = await retry({ tenantId: 'acme' }, key);
    expect([again.status, again.text]).toEqual([202, first.text]);
    const other = await retry({ tenantId: 'acme', force: true }, key);
    expect(other.status).toBe(422);
  }, 30_000);

  test('for an overlapping scope takes only what no running retry has', async () => {
    await addOrders('waiting', 2, 'acme');
    await addOrders('waiting', 3, 'globex');
    await retry({ tenantId: 'acme' });

    const { body } = await retry({ allTenants: true }, asSre);
    expect(body['orders']).toBe(3);
  });
});

test('who asked for which retries is listed, newest first, page by page', async () => {
  await addOrders('waiting', 2, 'acme');
  const key = '3f0c7a52-0b3e-4c36-9d5c-000000000001';
  const first = await retry({ tenantId: 'acme' }, { 'idempotency-key': key });
  const second = await retry({ allTenants: true, force: true }, asSre);

  const page = await ask('/outbound/retries?limit=1');
  expect(page.body['retries']).toEqual([
    { ...second.body, askedBy: 'sre', key: null, tenantId: null, force: true },
  ]);
  const next = await ask(`/outbound/retries?limit=1&cursor=${String(page.body['next'])}`);
  expect(next.body['retries']).toEqual([
    { ...first.body, askedBy: 'service', key, tenantId: 'acme', orders: 2 },
  ]);
  const end = await ask(`/outbound/retries?cursor=${String(next.body['next'])}`);
  expect(end.body).toEqual({ retries: [], next: null });
});

describe('a retry is refused', () => {
  async function reasons(): Promise<unknown> {
    const { status, headers, body } = await retry({ tenantId: 'acme' });
    expect([status, headers.get('content-type')]).toEqual([409, 'application/problem+json']);
    expect(body['type']).toBe('urn:durable-runbooks:problem:retry-refused');
    expect(await database`select from retries`).toHaveLength(0);
    return body['reasons'];
  }

  test('while health is not ok, with what monitoring says', async () => {
    monitoring.feed('critical');
    expect(await reasons()).toEqual([
      {
        precondition: 'health-ok',
        detail:
          'monitoring says critical of inventory: missed in the last 4s: error-rate 20 % (objective 1 %, 200 requests)',
      },
    ]);
  });

  test('while the objective of its whole window is missed, though all is well now, until when', async () => {
    monitoring.feed('warning');
    expect(await reasons()).toEqual([
      {
        precondition: 'health-ok',
        detail: expect.stringMatching(
          /^monitoring says warning of inventory: 1-minute objective missed: error-rate budget spent \S+ times; all is well in the last 4s; ok again by \S+Z if nothing more fails$/,
        ),
      },
    ]);
  });

  test('while health is unproven or monitoring is out of reach', async () => {
    api = serve({ monitoring: { ...monitoring, service: 'outbound' } });
    expect(await reasons()).toMatchObject([
      {
        detail: expect.stringContaining(
          'monitoring says unproven of outbound: not proven: latency-p95 (',
        ),
      },
    ]);
    api = serve({ monitoring: { ...monitoring, service: 'unheard-of' } });
    expect(await reasons()).toMatchObject([
      { detail: expect.stringContaining('monitoring answered 404 when asked about unheard-of') },
    ]);
    api = serve({ monitoring: { url: 'http://127.0.0.1:1', service: 'outbound' } });
    expect(await reasons()).toEqual([
      {
        precondition: 'health-ok',
        detail: 'monitoring cannot be reached: health is not proven',
      },
    ]);
  });

  test('while the breaker is open, and where nothing is dispatched', async () => {
    for (let sent = 0; sent < 2; sent += 1) {
      await breaker.send(() => Promise.resolve({ kind: 'unavailable', reason: 'no answer' }));
    }
    expect(await reasons()).toEqual([
      {
        precondition: 'queue-stable',
        detail: 'the downstream does not answer: the circuit breaker is open',
      },
    ]);
    api = serve({ breaker: null });
    expect(await reasons()).toMatchObject([
      { detail: 'nothing is dispatched: DOWNSTREAM_URL is not set' },
    ]);
  });

  test('but not for ever by a breaker that has only dead letters left to find out with', async () => {
    const ids = await addOrders('dead', 2);
    breaker = createBreaker({ failures: 1, probeAfterMs: 100 });
    api = serve();
    await breaker.send(() => Promise.resolve({ kind: 'unavailable', reason: 'down' }));
    expect((await retry({ tenantId: 'acme', force: true })).status).toBe(409);

    dispatch();
    const { id } = await eventually('it may begin', async () => {
      const { status, body } = await retry({ tenantId: 'acme', force: true });
      return status === 202 ? body : undefined;
    });
    await finished(id);
    expect(downstream.received.map(({ key }) => key).sort()).toEqual([...ids].sort());
  }, 30_000);

  test('while the queue grows faster than it drains', async () => {
    await addOrders('waiting', 20);
    await database`update orders set created_at = now()`;
    expect(await reasons()).toEqual([
      {
        precondition: 'queue-stable',
        detail: 'the queue grows: by 20 orders in the last minute, in which 0 were delivered',
      },
    ]);
  });

  test('while nothing gets through, as another pod has found', async () => {
    await addOrders('waiting', 6);
    await database`update orders set settled_at = now(), last_error = 'no answer'`;
    expect(await reasons()).toEqual([
      {
        precondition: 'queue-stable',
        detail: 'none of 6 orders tried in the last minute got through',
      },
    ]);
  });

  test('while the database does not add up', async () => {
    await addOrders('dead', 1);
    await database`update orders set locked_until = now()`;
    expect(await reasons()).toEqual([
      {
        precondition: 'database-consistent',
        detail: '1 orders are settled and in hand at once, which cannot be',
      },
    ]);
  });

  test('while the schema is older than the release', async () => {
    await database`update migrations set name = 'x' || name where name = '0003_retries'`;
    try {
      expect(await reasons()).toMatchObject([
        {
          precondition: 'database-consistent',
          detail: 'the schema is older than this release: 0003_retries is missing',
        },
      ]);
    } finally {
      await database`update migrations set name = '0003_retries' where name = 'x0003_retries'`;
    }
  });

  test('for every reason at once, all of them told', async () => {
    api = serve({
      breaker: null,
      monitoring: { url: 'http://127.0.0.1:1', service: 'outbound' },
    });
    expect(await reasons()).toMatchObject([
      { precondition: 'queue-stable' },
      { precondition: 'health-ok' },
    ]);
  });

  test('but not for a backlog as such, which is what it is there to clear', async () => {
    await addOrders('waiting', 2_000);
    expect((await retry({ tenantId: 'acme' })).body['orders']).toBe(2_000);
  });
});

describe('the queue', () => {
  test('tells what waits, of whom, since when, and whether the downstream answers', async () => {
    await addOrders('waiting', 3, 'acme');
    await addOrders('dead', 1, 'acme');
    await addOrders('waiting', 1, 'globex');

    const { status, body } = await ask('/outbound/queue');

    expect(status).toBe(200);
    expect(body).toMatchObject({
      waiting: 4,
      inHand: 0,
      dead: 1,
      deliveredLastMinute: 0,
      retriesRunning: 0,
      breaker: 'closed',
      tenants: [
        { tenantId: 'acme', waiting: 3, inHand: 0, dead: 1, isHeld: false },
        { tenantId: 'globex', waiting: 1, inHand: 0, dead: 0, isHeld: false },
      ],
    });
    expect(body['oldestSeconds']).toBeGreaterThan(3_500);
    const one = await ask('/outbound/queue?tenantId=globex');
    expect(one.body).toMatchObject({ waiting: 4, tenants: [{ tenantId: 'globex', waiting: 1 }] });
  });

  test('names the 20 longest at most', async () => {
    for (let index = 0; index < 25; index += 1) await addOrders('waiting', 1, `tenant-${index}`);
    await addOrders('waiting', 2, 'longest');

    const { body } = await ask('/outbound/queue');

    expect(body['tenants']).toHaveLength(20);
    expect(body['tenants']).toMatchObject([{ tenantId: 'longest' }, ...Array<object>(19).fill({})]);
  });

  test('is told as metrics', async () => {
    await addOrders('waiting', 3);
    await addOrders('dead', 2);
    await retry({ tenantId: 'acme' });

    const metrics = await (await api.request('/metrics')).text();

    for (const line of [
      'outbound_queue_orders{state="waiting"} 3',
      'outbound_queue_orders{state="in-hand"} 0',
      'outbound_queue_orders{state="dead"} 2',
      'outbound_retries_running 1',
      'outbound_retries_total 1',
      'outbound_retry_refusals_total{precondition="health-ok"} 0',
    ]) {
      expect(metrics).toContain(`${line}\n`);
    }
    expect(metrics).toMatch(/^outbound_queue_oldest_seconds 36\d\d/m);
  });
});

test('an unknown retry is not found', async () => {
  expect((await ask(`/outbound/retries/${crypto.randomUUID()}`)).status).toBe(404);
});
