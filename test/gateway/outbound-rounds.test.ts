import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { ClaimedOrder, Place, Round } from '../../services/outbound-api/claim-orders.js';
import { claimOrders } from '../../services/outbound-api/claim-orders.js';
import { createClaimer } from '../../services/outbound-api/claim-rounds.js';
import type { Database, Transaction } from '../../services/shared/storage/database.js';
import type { OutboundDatabase } from '../support/outbound.js';
import { openDatabase } from '../../services/shared/storage/database.js';
import { openOutboundDatabase } from '../support/outbound.js';

let outbound: OutboundDatabase;
let database: Database;

beforeAll(async () => {
  outbound = await openOutboundDatabase();
  // One connection, so that all claims go by the plan that the first ones made.
  database = openDatabase(outbound.url, { schema: 'outbound', name: 'rounds', max: 1 });
}, 60_000);

afterAll(async () => {
  await database.end({ timeout: 1 });
  await outbound.stop();
});

afterEach(async () => {
  await database`truncate orders cascade`;
});

/** `count` orders; `#` in a name stands for the number of the order. */
async function addOrders(
  count: number,
  { tenantId, warehouseId }: { tenantId: string; warehouseId: string },
  due: 'now' | 'tomorrow' = 'now',
): Promise<void> {
  await database`
    insert into orders (tenant_id, warehouse_id, reference, lines, next_attempt_at)
    select replace(${tenantId}, '#', number::text), replace(${warehouseId}, '#', number::text),
      'order ' || number, '[]', now() + ${due === 'now' ? 0 : 1} * interval '1 day'
    from generate_series(1, ${count}) number`;
}

const fromTheStart: Round = {
  began: { tenantId: '', warehouseId: '' },
  at: { tenantId: '', warehouseId: '' },
  lap: 0,
};
const lasting = { limit: 16, leaseMs: 600_000 };
const never = new AbortController().signal;

/** Claims until nothing is left, at most `most` times. */
async function claimAll(
  from: Database,
  held: readonly Place[] = [],
  most = 1_000,
): Promise<ClaimedOrder[][]> {
  const claimNext = createClaimer(from);
  const claims: ClaimedOrder[][] = [];
  while (claims.length < most) {
    const orders = await claimNext({ ...lasting, held }, never);
    if (orders.length === 0) break;
    claims.push(orders);
  }
  return claims;
}

describe('the cost of a claim', () => {
  /** Index look-ups and rows of orders, so far on this connection. */
  async function countLooks(transaction: Transaction): Promise<number> {
    const [seen] = await transaction<[{ rows: number }]>`
      select (seq_tup_read + idx_scan + idx_tup_fetch)::int as rows
      from pg_stat_xact_user_tables where relname = 'orders'`;
    return seen.rows;
  }

  /** The dearest of ten claims in a row. */
  async function dearest(held: readonly Place[], early: boolean): Promise<number> {
    let round = fromTheStart;
    let most = 0;
    for (let count = 0; count < 10; count += 1) {
      const looks = await database.begin(async (transaction) => {
        const before = await countLooks(transaction);
        ({ round } = await claimOrders(transaction, round, { ...lasting, held, early }));
        return (await countLooks(transaction)) - before;
      });
      most = Math.max(most, looks);
    }
    return most;
  }

  test('is bounded whatever names callers make up and whatever is held, however the planner takes it', async () => {
    const wide = { tenantId: 'wide', warehouseId: 'w7' };
    const long = { tenantId: 'long', warehouseId: 'north' };
    const cases: [Place[], boolean][] = [
      [[], false],
      [[], true],
      [[wide], false],
      [[long], false],
      [[wide, long], true],
      [[{ tenantId: 'wide', warehouseId: null }, long], false],
    ];
    // Plans are made for a short queue before a long past, and kept.
    await addOrders(50_000, { tenantId: 'past-#', warehouseId: 'north' });
    await database`update orders set status = 'delivered'`;
    await database`analyze orders`;
    await addOrders(10, { tenantId: 'few', warehouseId: 'north' });
    for (const [held, early] of cases) await dearest(held, early);
    await addOrders(50_000, { tenantId: 'long', warehouseId: 'north' });
    await addOrders(50_000, { tenantId: 'wide', warehouseId: 'w#' });
    await addOrders(50_000, { tenantId: 'made-up-#', warehouseId: 'north' }, 'tomorrow');

    for (const isAnalyzed of [false, true]) {
      if (isAnalyzed) await database`analyze orders`;
      for (const [held, early] of cases) {
        const looks = await dearest(held, early);
        expect({ held, early, isAnalyzed, looks, isBounded: looks < 4_000 }).toMatchObject({
          isBounded: true,
        });
      }
    }
  }, 120_000);
});

describe('a round', () => {
  test('gives a tenant of one order its turn at once beside one of 5,000 warehouses', async () => {
    await addOrders(5_000, { tenantId: 'wide', warehouseId: 'w#' });
    await addOrders(1, { tenantId: 'small', warehouseId: 'north' });

    const [first = []] = await claimAll(database, [], 1);
    expect(first.map(({ tenantId }) => tenantId)).toContain('small');
  });

  test('gives the same share to two whose orders are due at the same few moments', async () => {
    await addOrders(2_000, { tenantId: 'a', warehouseId: 'w#' });
    await addOrders(2_000, { tenantId: 'b', warehouseId: 'w#' });

    const claims = await claimAll(database, [], 20);
    const shares = claims.map((orders) => orders.filter(({ tenantId }) => tenantId === 'a').length);
    expect(shares).toEqual(Array.from({ length: 20 }, () => 8));
  }, 30_000);

  test('gives each of many tenants one turn before any has a second', async () => {
    await addOrders(700, { tenantId: 'twice-#', warehouseId: 'north' });
    await addOrders(700, { tenantId: 'twice-#', warehouseId: 'south' });
    await addOrders(1, { tenantId: 'z', warehouseId: 'north' });

    const tenants = (await claimAll(database, [], 44)).flat().map(({ tenantId }) => tenantId);
    // 44 claims of 16: one round of 701, and the first three of the next.
    expect([tenants.length, new Set(tenants).size]).toEqual([704, 701]);
  }, 30_000);

  test('comes to every order once, past its end and through the warehouses of who is partly held', async () => {
    await addOrders(400, { tenantId: 'a', warehouseId: 'held' });
    await addOrders(400, { tenantId: 'a', warehouseId: 'w#' });
    await addOrders(400, { tenantId: 'tenant-#', warehouseId: 'north' });
    await addOrders(400, { tenantId: 'tenant-#', warehouseId: 'held' });
    await addOrders(600, { tenantId: 'later-#', warehouseId: 'north' }, 'tomorrow');
    const held = [
      { tenantId: 'a', warehouseId: 'held' },
      { tenantId: 'tenant-7', warehouseId: null },
      { tenantId: 'tenant-9', warehouseId: 'held' },
    ];

    const claimed = (await claimAll(database, held)).flat();
    const ids = claimed.map(({ id }) => id);
    expect([ids.length, new Set(ids).size]).toEqual([400 + 800 - 3, 400 + 800 - 3]);
    const isHeld = ({ tenantId, warehouseId }: ClaimedOrder): boolean =>
      held.some(
        (place) => place.tenantId === tenantId && [null, warehouseId].includes(place.warehouseId),
      );
    expect(claimed.filter(isHeld)).toEqual([]);
  }, 60_000);

  test('is gone through to its end before nothing is found, however many have nothing due', async () => {
    await addOrders(300, { tenantId: 'a', warehouseId: 'held' });
    await addOrders(5_000, { tenantId: 'made-up-#', warehouseId: 'north' }, 'tomorrow');
    await addOrders(1, { tenantId: 'z', warehouseId: 'north' });
    const held = [{ tenantId: 'a', warehouseId: 'held' }];

    const claims = await claimAll(database, held);
    expect(claims.map((orders) => orders.map(({ tenantId }) => tenantId))).toEqual([['z']]);
  }, 30_000);

  test('is shared by two who claim at the same time, and all of it', async () => {
    await addOrders(1_000, { tenantId: 'tenant-#', warehouseId: 'north' });
    const [one, other] = await Promise.all([claimAll(database), claimAll(outbound.database)]);
    const ids = [...one, ...other].flat().map(({ id }) => id);
    expect([ids.length, new Set(ids).size]).toEqual([1_000, 1_000]);
  }, 30_000);
});
