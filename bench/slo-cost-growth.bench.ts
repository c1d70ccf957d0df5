import { counterAt, counterWidth } from '../services/monitoring-api/parse-exposition.js';
import { ServiceStore } from '../services/monitoring-api/service-store.js';
import type { Benchmark } from './benchmark.js';
import { interleave } from './interleave.js';
import { median, pairedRatio } from './statistics.js';

const rounds = 15;
const scrapeInterval = 1_000;
const retention = 300_000;
const evaluations = 10_000;

/** What it costs to count a window at a million requests, to the same at ten thousand. */
export const sloCostGrowth: Benchmark = {
  id: 'slo.cost-growth',
  unit: 'ratio',
  target: 1.2,
  better: 'lower',
  async measure() {
    const [few, many] = [storeAfter(1e4), storeAfter(1e6)];
    const values = await interleave(
      { few: () => costOf(few), control: () => costOf(few), many: () => costOf(many) },
      rounds,
    );
    const growth = pairedRatio(values.many, values.few);
    return {
      value: growth.median,
      peers: {
        '10000 requests, us': median(values.few),
        '1000000 requests, us': median(values.many),
      },
      rounds,
      spread: [growth.min, growth.max],
      control: pairedRatio(values.control, values.few),
    };
  },
};

/** Three pods that answered so many requests in the window. Twice the window is fed, so that old samples expire. */
function storeAfter(requests: number): ServiceStore {
  const store = new ServiceStore({
    scrapeInterval,
    probeInterval: scrapeInterval,
    retention,
    routeWindow: 60_000,
  });
  const pods = ['one', 'two', 'three'];
  store.updatePods(
    pods.map((name) => ({ name, templateHash: 'a', createdAt: null, ready: true, address: null })),
    0,
  );
  const perScrape = requests / (retention / scrapeInterval) / pods.length;
  for (let at = 0; at <= 2 * retention; at += scrapeInterval) {
    const counters = new Float64Array(counterWidth);
    counters[counterAt.reads] = (perScrape * at) / scrapeInterval;
    for (const pod of pods) {
      store.recordScrape(pod, at, {
        counters,
        eventLoopLagMs: 1,
        memoryBytes: 1e8,
        routes: new Map(),
        tenants: new Map(),
        warehouses: new Map(),
        refused: new Map(),
        modes: null,
        oldestSeconds: null,
      });
    }
    store.recordProbe(at, true);
  }
  return store;
}

/** Microseconds of processor time to count the requests of the window: neighbours take time, but none of this. */
function costOf(store: ServiceStore): number {
  const before = process.cpuUsage();
  for (let count = 0; count < evaluations; count += 1) store.counts(retention, 2 * retention);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / evaluations;
}
