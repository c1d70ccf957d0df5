import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { TrafficMix } from '../../deploy/local/traffic-mix.js';
import { createInventoryMix, createOutboundMix } from '../../deploy/local/traffic-mix.js';
import { podsOf, restartedNow, rollOut } from '../support/rollout.js';
import type { TestStack } from '../support/stack.js';
import { openTestStack } from '../support/stack.js';
import type { SteadyCallers } from '../support/steady-callers.js';
import { oneConnection, pooledConnections, startCallers } from '../support/steady-callers.js';

jest.setTimeout(300_000);

let stack: TestStack;
beforeAll(async () => {
  stack = await openTestStack({ name: 'rolling-restart' });
  await stack.untilCalm();
}, 30 * 60_000);
afterAll(async () => {
  await stack.close();
});

/** Callers who hardly let their connections be idle, who do, and who let them be for a good part of the drain. */
const kinds = [
  { connect: oneConnection, pauseMs: 50 },
  { connect: oneConnection, pauseMs: 400 },
  { connect: oneConnection, pauseMs: 1_500 },
  { connect: pooledConnections, pauseMs: 200 },
];

function call(service: string, mix: TrafficMix): SteadyCallers[] {
  const url = stack.world.info.urls.services[service]!;
  return kinds.map((kind) => startCallers({ url, mix, count: 8, ...kind }));
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);
const ended = (callers: readonly SteadyCallers[]): number => sum(callers.map((of) => of.ended()));
const failures = (callers: readonly SteadyCallers[]): string[] =>
  callers.flatMap((of) => of.failures());
const stop = (callers: readonly SteadyCallers[]) => Promise.all(callers.map((of) => of.stop()));

test.each([
  { service: 'inventory', deployment: 'inventory-api', mix: createInventoryMix() },
  { service: 'outbound', deployment: 'outbound-api', mix: createOutboundMix() },
])(
  '$deployment answers every request while it is restarted, three times in a row',
  async ({ service, deployment, mix }) => {
    const { kube } = stack.world;
    const callers = call(service, mix);
    const answered: number[] = [];
    const pods = [await podsOf(kube, deployment)];
    try {
      for (let restart = 0; restart < 3; restart += 1) {
        const before = ended(callers);
        await rollOut(kube, deployment, restartedNow());
        answered.push(ended(callers) - before);
        pods.push(await podsOf(kube, deployment));
      }
    } finally {
      await stop(callers);
    }

    expect(failures(callers)).toEqual([]);
    expect(Math.min(...answered)).toBeGreaterThan(200);
    expect(new Set(pods.flat()).size).toBe(4 * 2);
  },
);

test('without its drain a Deployment loses requests, and callers count them', async () => {
  const { kube } = stack.world;
  const [name, env] = ['inventory-api', [{ name: 'SHUTDOWN_DRAIN_MS', value: '0' }]];
  await rollOut(kube, name, { spec: { containers: [{ name, env }] } });
  const callers = call('inventory', createInventoryMix());
  try {
    for (let restart = 0; restart < 4 && failures(callers).length === 0; restart += 1) {
      await rollOut(kube, name, restartedNow());
    }
  } finally {
    await stop(callers);
  }

  expect(failures(callers)).not.toEqual([]);
});
