import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Breaker } from '../../services/outbound-api/breaker.js';
import { createBreaker } from '../../services/outbound-api/breaker.js';
import type { ClaimedOrder, Place } from '../../services/outbound-api/claim-orders.js';
import { createClaimer } from '../../services/outbound-api/claim-rounds.js';
import type { DispatcherOptions } from '../../services/outbound-api/dispatcher.js';
import { startDispatcher } from '../../services/outbound-api/dispatcher.js';
import { markDelivered, settleFailure } from '../../services/outbound-api/settle-order.js';
import type { Database } from '../../services/shared/storage/database.js';
import { silent } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { DownstreamUnderTest, OutboundDatabase } from '../support/outbound.js';
import { openOutboundDatabase, startDownstream } from '../support/outbound.js';

let outbound: OutboundDatabase;
let database: Database;
let downstream: DownstreamUnderTest;
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

beforeEach(() => {
  downstream.received.length = 0;
  downstream.answer = () => 201;
});

afterEach(async () => {
  await Promise.all(dispatchers.map((one) => one.stop()));
  dispatchers = [];
  await database`delete from orders`;
});

const place = { tenantId: 'acme', warehouseId: 'north' };

async function addOrders(
  count: number,
  { tenantId, warehouseId }: { tenantId: string; warehouseId: string } = place,
): Promise<string[]> {
  const rows = await database<{ id: string }[]>`
    insert into orders (tenant_id, warehouse_id, reference, lines)
    select ${tenantId}, ${warehouseId}, 'order ' || number, '[]'
    from generate_series(1, ${count}) number returning id`;
  return rows.map(({ id }) => id);
}

async function addOrder(): Promise<string> {
  const [id = ''] = await addOrders(1);
  return id;
}

interface OrderState {
  readonly status: string;
  readonly attempts: number;
  readonly reason: string | null;
}

async function stateOf(id: string): Promise<OrderState | undefined> {
  const [row] = await database<OrderState[]>`
    select status, attempts, last_error as reason from orders where id = ${id}`;
  return row;
}

async function whenStatus(id: string, status: string): Promise<OrderState> {
  return eventually(`order ${id} is ${status}`, async () => {
    const state = await stateOf(id);
    return state?.status === status ? state : undefined;
  });
}

/** Makes what waits due now, so that no test waits for a backoff. */
async function hurry(): Promise<void> {
  await database`update orders set next_attempt_at = now() where status = 'accepted'`;
}

function dispatch(options: Partial<DispatcherOptions> = {}): Breaker {
  const breaker = options.breaker ?? createBreaker({ failures: 1_000_000 });
  dispatchers.push(
    startDispatcher({
      database,
      logger: silent,
      downstreamUrl: downstream.url,
      breaker,
      idleMs: 20,
      ...options,
    }),
  );
  return breaker;
}

function attemptsAt(id: string): number {
  return downstream.received.filter(({ key }) => key === id).length;
}

function claim(
  limit = 10,
  leaseMs = 10_000,
  held: Place[] = [],
  claimNext = createClaimer(database),
): Promise<ClaimedOrder[]> {
  return claimNext({ limit, leaseMs, held }, new AbortController().signal);
}

describe('an order', () => {
  test('outlives an outage, is sent under one key, and the outage makes no dead letter', async () => {
    downstream.answer = () => 503;
    const ids = await addOrders(5);
    dispatch({ patience: { refusals: 1, ownFailures: 1 } });
    await eventually('all failed at least twice', () =>
      ids.every((id) => attemptsAt(id) >= 2) ? true : undefined,
    );
    downstream.answer = () => 201;
    await Promise.all(ids.map((id) => whenStatus(id, 'delivered')));
  }, 30_000);

  test('that is refused too often becomes a dead letter, with the reason', async () => {
    downstream.answer = () => 422;
    const id = await addOrder();
    dispatch({ patience: { refusals: 2, ownFailures: 50 } });
    expect(await whenStatus(id, 'dead')).toEqual({
      status: 'dead',
      attempts: 2,
      reason: 'the downstream answered 422',
    });
  }, 30_000);

  test('that alone fails while others get through ends as a dead letter', async () => {
    const id = await addOrder();
    downstream.answer = ({ key }) => (key === id ? 500 : 201);
    dispatch({ patience: { refusals: 8, ownFailures: 3 } });
    await eventually('the order is dead', async () => {
      await addOrders(1);
      await hurry();
      return (await stateOf(id))?.status === 'dead' ? true : undefined;
    });
    // The first attempt proves nothing: nobody had been answered since an earlier one.
    const { attempts = 0, reason } = (await stateOf(id)) ?? {};
    expect(attempts).toBeGreaterThanOrEqual(4);
    expect(reason).toBe('the downstream answered 500');
  }, 30_000);

  test('is not followed to where the downstream redirects: that would be no delivery', async () => {
    downstream.answer = () => 302;
    const id = await addOrder();
    dispatch();
    await eventually('it was tried', async () =>
      (await stateOf(id))?.reason === 'the downstream answered 302' ? true : undefined,
    );
  }, 30_000);

  test('is sent as part of the trace that accepted it, each attempt a span of its own', async () => {
    downstream.answer = () => (downstream.received.length < 2 ? 503 : 201);
    const id = await addOrder();
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    await database`update orders set traceparent = ${`00-${trace}-00f067aa0ba902b7-01`}`;
    dispatch();
    await whenStatus(id, 'delivered');

    const sent = downstream.received.map(({ traceparent }) => traceparent.split('-'));
    expect(sent.map(([version, traceId, , flags]) => [version, traceId, flags])).toEqual([
      ['00', trace, '01'],
      ['00', trace, '01'],
    ]);
    const spans = sent.map(([, , span]) => span);
    expect(new Set([...spans, '00f067aa0ba902b7']).size).toBe(3);
  }, 30_000);
});

describe('the lease', () => {
  test('gives an order in hand to nobody else, until it has passed', async () => {
    const id = await addOrder();

    const claims = (await Promise.all([1, 2, 3].map(() => claim(10, 300)))).flat();
    expect(claims.map((order) => order.id)).toEqual([id]);
    const again = await eventually('the lease passed', async () => {
      const claimed = await claim();
      return claimed.length > 0 ? claimed : undefined;
    });
    expect(again.map((order) => order.id)).toEqual([id]);
  }, 30_000);

  const giveUp = {
    status: 'dead',
    delayMs: 0,
    refusals: 1,
    ownFailures: 0,
    retryOutcome: null,
    reason: 'refused',
  } as const;

  test('once lost, lets nobody settle a failure any more', async () => {
    const id = await addOrder();
    const [late] = await claim(1, 0);
    const [next] = await claim(1);
    await settleFailure(database, late!, giveUp);

    expect(await stateOf(id)).toMatchObject({ status: 'accepted', attempts: 2 });
    expect(await claim()).toEqual([]);
    await settleFailure(database, next!, giveUp);
    expect((await stateOf(id))?.status).toBe('dead');
  });

  test('once lost, still lets a delivery be recorded: the downstream has the order', async () => {
    const id = await addOrder();
    const [late] = await claim(1, 0);
    const [next] = await claim(1);
    await settleFailure(database, next!, giveUp);
    await markDelivered(database, late!);
    expect((await stateOf(id))?.status).toBe('delivered');
  });
});

describe('the circuit breaker', () => {
  test('stops the sending in an outage, costs the orders no attempts, and finds out by one order when it is over', async () => {
    downstream.answer = () => 503;
    const ids = await addOrders(200);
    const breaker = dispatch({ breaker: createBreaker({ failures: 3, probeAfterMs: 100 }) });
    await eventually('the breaker is open', () => (breaker.state === 'open' ? true : undefined));
    const inTheRush = downstream.received.length;
    await eventually('three probes failed', () =>
      downstream.received.length >= inTheRush + 3 ? true : undefined,
    );
    expect(downstream.received.length).toBeLessThan(50);

    downstream.answer = () => 201;
    await eventually('all are delivered', async () => {
      const [left] = await database<[{ count: number }]>`
        select count(*)::int as count from orders where status <> 'delivered'`;
      return left.count === 0 ? true : undefined;
    });
    expect(breaker.state).toBe('closed');
    expect(new Set(downstream.received.map(({ key }) => key))).toEqual(new Set(ids));
    const [charged] = await database<[{ attempts: number }]>`
      select sum(attempts)::int as attempts from orders`;
    expect(charged.attempts).toBe(downstream.received.length);
  }, 30_000);

  test('is not opened by refusals: who refuses is there', async () => {
    downstream.answer = () => 422;
    const ids = await addOrders(20);
    const breaker = dispatch({
      breaker: createBreaker({ failures: 3 }),
      patience: { refusals: 1, ownFailures: 50 },
    });
    await Promise.all(ids.map((id) => whenStatus(id, 'dead')));
    expect(breaker.state).toBe('closed');
  }, 30_000);
});

describe('an isolation', () => {
  test('holds back what its warehouse has in the queue, and nothing of others, until its end', async () => {
    const [heldId = ''] = await addOrders(1, { tenantId: 'acme', warehouseId: 'north' });
    const others = [
      ...(await addOrders(1, { tenantId: 'acme', warehouseId: 'south' })),
      ...(await addOrders(1, { tenantId: 'globex', warehouseId: 'north' })),
    ];
    let held: Place[] = [{ tenantId: 'acme', warehouseId: 'north' }];
    dispatch({ held: () => held });
    await Promise.all(others.map((id) => whenStatus(id, 'delivered')));
    expect(await stateOf(heldId)).toEqual({ status: 'accepted', attempts: 0, reason: null });

    held = [];
    await whenStatus(heldId, 'delivered');
  }, 30_000);

  test('of a whole tenant holds back all its warehouses', async () => {
    await addOrders(1, { tenantId: 'acme', warehouseId: 'north' });
    await addOrders(1, { tenantId: 'acme', warehouseId: 'south' });
    expect(await claim(10, 1_000, [{ tenantId: 'acme', warehouseId: null }])).toEqual([]);
  });
});

describe('the claim', () => {
  test('gives each tenant the same share, however much waits of one', async () => {
    await addOrders(500, { tenantId: 'big', warehouseId: 'north' });
    await addOrders(500, { tenantId: 'big', warehouseId: 'south' });
    await addOrders(2, { tenantId: 'small', warehouseId: 'north' });
    await addOrders(5, { tenantId: 'medium', warehouseId: 'north' });

    const claimed = (await claim(12)).map(({ tenantId }) => tenantId);

    const shares = ['big', 'small', 'medium'].map(
      (tenant) => claimed.filter((one) => one === tenant).length,
    );
    expect(shares).toEqual([5, 2, 5]);
  });

  test('lets no tenant starve behind more backlogs than a claim has room for', async () => {
    for (let index = 0; index < 15; index += 1) {
      await addOrders(50, { tenantId: `big-${index}`, warehouseId: 'north' });
    }
    await addOrders(1, { tenantId: 'small', warehouseId: 'north' });

    const claimNext = createClaimer(database);
    await eventually('the small tenant has its turn', async () =>
      (await claim(5, 10_000, [], claimNext)).some(({ tenantId }) => tenantId === 'small')
        ? true
        : undefined,
    );
    const [left] = await database<[{ count: number }]>`
      select count(*)::int as count from orders where locked_until is null`;
    expect(left.count).toBeGreaterThan(300);
  });

  test('does not wait for an order that somebody else is just changing', async () => {
    const [changing = '', free = ''] = await addOrders(2);
    const claimed = await database.begin(async (transaction) => {
      await transaction`update orders set last_error = 'changing' where id = ${changing}`;
      return claim();
    });
    expect(claimed.map(({ id }) => id)).toEqual([free]);
  });

  test('gives different orders to claims at the same time, and all of them', async () => {
    await addOrders(60);
    const claimed: string[] = [];
    await eventually('nothing is left', async () => {
      const batches = await Promise.all([1, 2, 3].map(() => claim(10)));
      claimed.push(...batches.flat().map(({ id }) => id));
      return batches.flat().length === 0 ? true : undefined;
    });
    expect([claimed.length, new Set(claimed).size]).toEqual([60, 60]);
  });
});
