import { Counter, Histogram, Registry } from 'prom-client';
import { createHttpMetrics } from '../services/shared/telemetry/http-metrics.js';
import type { Benchmark } from './benchmark.js';
import { interleave } from './interleave.js';
import { median, pairedRatio } from './statistics.js';

const rounds = 9;
const bounds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 10];

/** How long one scrape keeps the process from doing anything else, by how many routes are counted. */
export const metricsStall: Benchmark = {
  id: 'metrics.stall-1k-ms',
  unit: 'ms',
  target: 5,
  better: 'lower',
  async measure() {
    const [ours, oursAt10, oursAt20k] = [filledByUs(1_000), filledByUs(10), filledByUs(20_000)];
    const [theirs, theirsAt10] = [filledByPromClient(1_000), filledByPromClient(10)];
    const values = await interleave(
      {
        ours: () => stallOf(ours),
        control: () => stallOf(ours),
        oursAt10: () => stallOf(oursAt10),
        oursAt20k: () => stallOf(oursAt20k),
        theirs: () => stallOf(theirs),
        theirsAt10: () => stallOf(theirsAt10),
      },
      rounds,
    );
    return {
      value: median(values.ours),
      peers: {
        'ours, 10 series': median(values.oursAt10),
        'ours, 20000 series': median(values.oursAt20k),
        'prom-client, 10 series': median(values.theirsAt10),
        'prom-client, 1000 series': median(values.theirs),
      },
      rounds,
      spread: [Math.min(...values.ours), Math.max(...values.ours)],
      control: pairedRatio(values.control, values.ours),
    };
  },
};

/** The longest time in milliseconds between two turns of the event loop while the registry is rendered. */
async function stallOf(registry: Registry): Promise<number> {
  let longest = 0;
  let lastTurn = performance.now();
  const turn = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - lastTurn);
    lastTurn = now;
  };
  let watcher = setImmediate(function watch() {
    turn();
    watcher = setImmediate(watch);
  });
  await registry.metrics();
  turn();
  clearImmediate(watcher);
  return longest;
}

function filledByUs(series: number): Registry {
  const registry = new Registry();
  const metrics = createHttpMetrics(registry);
  for (let route = 0; route < series; route += 1) {
    metrics.seriesFor('GET', `/items/${route}`).record(200, 0.02);
  }
  return registry;
}

function filledByPromClient(series: number): Registry {
  const registry = new Registry();
  const labelNames = ['method', 'route', 'kind'];
  const registers = [registry];
  const total = new Counter({
    name: 'http_requests_total',
    help: 'Requests answered.',
    labelNames: [...labelNames, 'status'],
    registers,
  });
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time to answer.',
    labelNames,
    buckets: bounds,
    registers,
  });
  for (let route = 0; route < series; route += 1) {
    const labels = { method: 'GET', route: `/items/${route}`, kind: 'read' };
    for (const status of [200, 499, 500, 503])
      total.inc({ ...labels, status }, status === 200 ? 1 : 0);
    duration.observe(labels, 0.02);
  }
  return registry;
}
