import { expect, test } from '@jest/globals';
import {
  counterAt,
  counterWidth,
  type PodSample,
} from '../../../../services/monitoring-api/parse-exposition.js';
import { ServiceStore } from '../../../../services/monitoring-api/service-store.js';

const minute = 60_000;
const start = Date.parse('2026-01-01T00:00:00Z');
const now = start + 10 * minute;

const newStore = () =>
  new ServiceStore({
    scrapeInterval: 5_000,
    probeInterval: 5_000,
    retention: 61 * minute,
    routeWindow: 5 * minute,
  });

function sample(reads: number, readErrors: number): PodSample {
  const counters = new Float64Array(counterWidth);
  counters[counterAt.reads] = reads;
  counters[counterAt.readErrors] = readErrors;
  const of = (name: string) => new Map([[name, [reads, readErrors] as const]]);
  return {
    counters,
    routes: of('GET /items'),
    tenants: of('acme'),
    warehouses: of('north'),
    refused: new Map(),
    memoryBytes: null,
    eventLoopLagMs: null,
    modes: null,
    oldestSeconds: null,
  };
}

function scrapedOnce(createdAt: number | null): ServiceStore {
  const store = newStore();
  store.updatePods([], now - 5_000);
  const pod = { name: 'api-new-a', templateHash: 'new', createdAt, ready: true, address: null };
  store.updatePods([pod], now);
  store.recordScrape(pod.name, now, sample(100, 60));
  return store;
}

test('all that a young pod tells at its first scrape counts, in windows that hold its whole life', () => {
  const store = scrapedOnce(now - 4_000);
  expect(store.counts(now - minute, now)).toMatchObject({ requests: 100, errors: 60 });
  expect(store.routes(now - minute, now)).toEqual([
    { route: 'GET /items', templateHash: 'new', requests: 100, errors: 60 },
  ]);
  expect(store.parties('tenants', now - minute, now)).toEqual([
    { name: 'acme', requests: 100, errors: 60 },
  ]);
  expect(store.counts(now - 3_000, now)).toMatchObject({ requests: 0, errors: 0 });
});

test.each([
  ['older than every window', now - 62 * minute],
  ['of unknown age', null],
  ['younger than its scrape, by another clock', now + 1_000],
])('of a pod %s a first scrape is only a start', (_, createdAt) => {
  expect(scrapedOnce(createdAt).counts(now - 61 * minute, now)).toMatchObject({ requests: 0 });
});

test('of a pod that ran when the monitor began a first scrape is only a start: totals count since then', () => {
  const store = newStore();
  const createdAt = now - 4_000;
  const pod = { name: 'api-old-a', templateHash: 'old', createdAt, ready: true, address: null };
  store.updatePods([pod], now);
  store.recordScrape(pod.name, now, sample(100, 60));
  expect(store.counts(now - minute, now)).toMatchObject({ requests: 0 });
  expect(store.totals().counters.every((count) => count === 0)).toBe(true);
});

test('after the clock was set back nothing counts twice', () => {
  const store = scrapedOnce(now - 4_000);
  const before = store.totals();
  store.startAnew(now - minute);
  store.recordScrape('api-new-a', now - minute, sample(100, 60));
  expect(store.counts(now - 61 * minute, now)).toMatchObject({ requests: 0 });
  expect(store.totals()).toEqual(before);
});

test('the first probe of all is only a start: it may tell more of a monitor that just starts', () => {
  const store = newStore();
  store.recordProbe(now, false);
  expect(store.counts(start, now)).toMatchObject({ probes: 0, failedProbes: 0 });
  store.recordProbe(now + 1, false);
  store.recordProbe(now + 2, true);
  expect(store.counts(start, now + 2)).toMatchObject({ probes: 2, failedProbes: 1 });
  expect(store.totals()).toMatchObject({ probes: 3, failedProbes: 2 });
});
