import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { PostgresUnderTest } from '../postgres.js';
import { startPostgres } from '../postgres.js';
import { killInstants } from './crash-plan.js';
import type { CrashRound } from './crash-round.js';
import { playRound } from './crash-round.js';
import type { DispatcherFleet } from './dispatcher-fleet.js';
import { startFleet } from './dispatcher-fleet.js';

/** Rounds that are played at the same time, each with processes and a database of its own. */
const atOnce = 3;

/** Monitoring is not what is tested here: it says that all is well. */
const monitoring = createServer((_, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ status: 'ok', sloStatuses: [] }));
});

/** The tests of so many rounds, one per `atOnce` of them. A round's plan hangs on its seed alone: to play one again, name
 *  its test by `-t`. */
export function testCrashRounds(rounds: number): void {
  let postgres: PostgresUnderTest;
  let fleets: DispatcherFleet[] = [];
  const played: CrashRound[] = [];

  beforeAll(async () => {
    postgres = await startPostgres();
    monitoring.listen(0, '127.0.0.1');
    await once(monitoring, 'listening');
    const { port } = monitoring.address() as AddressInfo;
    fleets = await Promise.all(
      Array.from({ length: atOnce }, (_, index) =>
        startFleet({
          postgres,
          name: `crash_${index}`,
          monitoringUrl: `http://127.0.0.1:${port}`,
        }),
      ),
    );
  }, 120_000);

  afterAll(async () => {
    await Promise.all(fleets.map((fleet) => fleet.stop()));
    monitoring.close();
    monitoring.closeAllConnections();
    await postgres.stop();
  }, 30_000);

  const seeds = Array.from({ length: rounds }, (_, index) => index + 1);
  const batches = Array.from({ length: Math.ceil(rounds / atOnce) }, (_, batch) =>
    seeds.slice(batch * atOnce, (batch + 1) * atOnce),
  );
  test.each(batches.map((batch) => ({ seeds: batch })))(
    'whatever is killed when, every accepted order arrives exactly once by its key: seeds $seeds',
    async ({ seeds }) => {
      const results = await Promise.all(
        seeds.map(async (seed, index) => ({ seed, ...(await playRound(fleets[index]!, seed)) })),
      );
      for (const result of results) process.stderr.write(`${JSON.stringify(result)}\n`);
      played.push(...results);
      expect(results.map(({ seed, faults }) => ({ seed, faults }))).toEqual(
        seeds.map((seed) => ({ seed, faults: [] })),
      );
    },
    300_000,
  );

  test('the rounds were worth something: at every instant something was killed, orders were sent twice, retries begun', () => {
    for (const instant of killInstants) {
      expect([instant, played.some(({ kills }) => kills[instant] > 0)]).toEqual([instant, true]);
    }
    expect(played.some(({ repeats }) => repeats > 0)).toBe(true);
    expect(played.some(({ retries }) => (retries[202] ?? 0) > 0)).toBe(true);
  });
}
