import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import type { Database } from '../../services/shared/storage/database.js';
import { openDatabase } from '../../services/shared/storage/database.js';
import type { PostgresUnderTest } from '../support/postgres.js';
import { startPostgres } from '../support/postgres.js';
import type { ServiceProcess } from '../support/service-process.js';
import { startService } from '../support/service-process.js';

// 200 writers at once against three processes on one real database; one of the three is killed in the middle.
jest.setTimeout(5 * 60_000);

const writers = 200;
const warehouses = ['north', 'south'] as const;

/** A reservation of `amount`, or (negative or positive) an adjustment by it. */
interface Write {
  readonly kind: 'reserve' | 'adjust';
  readonly warehouseId: (typeof warehouses)[number];
  readonly amount: number;
}

const write: fc.Arbitrary<Write> = fc.record({
  kind: fc.constantFrom('reserve', 'reserve', 'adjust'),
  warehouseId: fc.constantFrom(...warehouses),
  // Zero would be refused as faulty; a reservation takes the size of it.
  amount: fc.integer({ min: -6, max: 9 }).filter((amount) => amount !== 0),
});

let postgres: PostgresUnderTest;
let databaseUrl: string;
let database: Database;
let services: ServiceProcess[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
  databaseUrl = await postgres.createDatabase('inventory_writers');
  await startAll();
  database = openDatabase(databaseUrl, { schema: 'inventory', name: 'test', max: 4 });
}, 60_000);

afterAll(async () => {
  await Promise.all(services.map((service) => service.kill()));
  await database.end({ timeout: 1 });
  await postgres.stop();
});

async function startAll(): Promise<void> {
  const missing = 3 - services.filter((service) => service.isRunning()).length;
  const started = await Promise.all(
    Array.from({ length: missing }, () =>
      startService('inventory-api', { DATABASE_URL: databaseUrl }),
    ),
  );
  services = [...services.filter((service) => service.isRunning()), ...started];
}

/** Sends until somebody answers: what happened to a request without an answer only its key can tell. */
async function send(
  { kind, warehouseId, amount }: Write,
  sku: string,
  key: string,
): Promise<number> {
  const path = kind === 'reserve' ? 'reservations' : 'adjustments';
  const body =
    kind === 'reserve'
      ? { warehouseId, sku, quantity: Math.abs(amount) }
      : { warehouseId, sku, delta: amount, reason: 'counted' };
  const deadline = Date.now() + 60_000;
  for (let turn = Number.parseInt(key, 36); Date.now() < deadline; turn += 1) {
    const running = services.filter((service) => service.isRunning());
    try {
      const response = await fetch(`${running[turn % running.length]!.url}/inventory/${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-tenant-id': 'acme',
          'idempotency-key': `${sku}-${key}`,
        },
        body: JSON.stringify(body),
      });
      await response.arrayBuffer();
      if (response.status < 500) return response.status;
    } catch {
      // The process was killed: another one is asked.
    }
  }
  throw new Error(`no answer to ${JSON.stringify({ kind, warehouseId, amount })}`);
}

/** Looks at the stock until `signal` aborts; answers how often it was wrong. */
async function watchStock(sku: string, signal: AbortSignal): Promise<number> {
  let wrong = 0;
  while (!signal.aborted) {
    const [seen] = await database<[{ wrong: number }]>`
      select count(*)::int as wrong from items
      where sku = ${sku} and (on_hand < 0 or reserved < 0 or reserved > on_hand)`;
    wrong += seen.wrong;
  }
  return wrong;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((one, other) => one + other, 0);

test('however 200 writers mix reservations and adjustments, stock is never negative and the sums are right', async () => {
  let round = 0;
  const mixes = fc.array(write, { minLength: 2 * writers, maxLength: 2 * writers });
  await fc.assert(
    fc.asyncProperty(mixes, fc.integer({ min: 0, max: 400 }), async (mix, onHand) => {
      round += 1;
      const sku = `SKU-${String(round).padStart(4, '0')}`;
      await database`update items set on_hand = ${onHand}, reserved = 0 where sku = ${sku}`;
      await startAll();
      const watching = new AbortController();
      const watched = watchStock(sku, watching.signal);
      let answered = 0;
      const keys = mix.map((_, index) => index.toString(36));
      const ask = async (index: number): Promise<number> => {
        const status = await send(mix[index]!, sku, keys[index]!);
        answered += 1;
        if (answered === writers) await services[0]?.kill();
        return status;
      };
      // Each writer sends two writes, one after the other.
      const statuses = (
        await Promise.all(
          Array.from({ length: writers }, async (_, writer) => [
            await ask(2 * writer),
            await ask(2 * writer + 1),
          ]),
        )
      ).flat();
      watching.abort();

      expect(await watched).toBe(0);
      expect(statuses.filter((status) => status !== 201 && status !== 409)).toEqual([]);
      for (const warehouseId of warehouses) {
        const done = mix.filter(
          (one, index) => one.warehouseId === warehouseId && statuses[index] === 201,
        );
        const of = (kind: Write['kind']): number[] =>
          done.filter((one) => one.kind === kind).map(({ amount }) => amount);
        const [item] = await database`
          select on_hand, reserved,
            (select coalesce(sum(quantity), 0)::int from reservations
             where (tenant_id, warehouse_id, sku) = ('acme', ${warehouseId}, ${sku})) as lines,
            (select coalesce(sum(delta), 0)::int from adjustments
             where (tenant_id, warehouse_id, sku) = ('acme', ${warehouseId}, ${sku})) as deltas
          from items where (tenant_id, warehouse_id, sku) = ('acme', ${warehouseId}, ${sku})`;
        const reserved = sum(of('reserve').map(Math.abs));
        const deltas = sum(of('adjust'));
        expect(item).toEqual({ on_hand: onHand + deltas, reserved, lines: reserved, deltas });
      }
    }),
    { seed: 4, numRuns: 8, endOnFailure: true },
  );
});
