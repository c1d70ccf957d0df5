import { Hono } from 'hono';
import { Counter, Histogram, Registry } from 'prom-client';
import { latencyBucketsMs } from '../configuration/latency-buckets.js';
import { Readiness, healthRoutes } from '../services/shared/http/health-routes.js';
import { createHttpMetrics } from '../services/shared/telemetry/http-metrics.js';
import { MetricsRegistry } from '../services/shared/telemetry/metrics-registry.js';
import type { Benchmark } from './benchmark.js';
import { interleave } from './interleave.js';
import { median, pairedRatio } from './statistics.js';

const rounds = 9;
const statuses = [200, 499, 500, 503];
const seriesPerRoute = latencyBucketsMs.length + 3 + statuses.length;
/** So many routes have a thousand series, as Prometheus counts them: one a line. */
const routesOf1kSeries = Math.ceil(1_000 / seriesPerRoute);

/** How long one scrape keeps the process from doing anything else, by how many routes are counted. */
export const metricsStall: Benchmark = {
  id: 'metrics.stall-1k-ms',
  unit: 'ms',
  target: 5,
  better: 'lower',
  async measure() {
    const ours = servedByUs(1_000);
    const variants = {
      ours,
      control: ours,
      oursAt10: servedByUs(10),
      oursAt1kSeries: servedByUs(routesOf1kSeries),
      oursAt20k: servedByUs(20_000),
      theirs: servedByPromClient(1_000),
      theirsAt10: servedByPromClient(10),
      theirsAt1kSeries: servedByPromClient(routesOf1kSeries),
      theirsAt20k: servedByPromClient(20_000),
    };
    const values = await interleave(
      Object.fromEntries(
        Object.entries(variants).map(([name, served]) => [name, () => middleStallOf(served)]),
      ) as Record<keyof typeof variants, () => Promise<number>>,
      rounds,
    );
    return {
      value: median(values.ours),
      peers: {
        'ours, 10 routes': median(values.oursAt10),
        'ours, 1000 series': median(values.oursAt1kSeries),
        'ours, 20000 routes': median(values.oursAt20k),
        'prom-client, 10 routes': median(values.theirsAt10),
        'prom-client, 1000 series': median(values.theirsAt1kSeries),
        'prom-client, 1000 routes': median(values.theirs),
        'prom-client, 20000 routes': median(values.theirsAt20k),
      },
      rounds,
      spread: [Math.min(...values.ours), Math.max(...values.ours)],
      control: pairedRatio(values.control, values.ours),
    };
  },
};

interface Served {
  readonly app: { request(path: string): Response | Promise<Response> };
  /** Counts one more request on every route, so that no text is as it was at the last scrape. */
  countAll(): void;
}

/** The middle one of three scrapes: the collector of garbage comes by at some and not at others. */
async function middleStallOf(served: Served): Promise<number> {
  const stalls = [];
  for (let scrape = 0; scrape < 3; scrape += 1) stalls.push(await stallOf(served));
  return median(stalls);
}

/**
 * The longest turn of the event loop while a scrape is answered, in milliseconds: of the clock or of processor time,
 * whichever is less. The clock runs on while neighbours have the core, processor time adds what V8's own threads do.
 */
async function stallOf({ app, countAll }: Served): Promise<number> {
  countAll();
  await new Promise(setImmediate);
  let longest = 0;
  let startedAt = performance.now();
  let spent = process.cpuUsage();
  const turn = (): void => {
    const { user, system } = process.cpuUsage(spent);
    longest = Math.max(longest, Math.min(performance.now() - startedAt, (user + system) / 1_000));
    startedAt = performance.now();
    spent = process.cpuUsage();
  };
  let watcher = setImmediate(function watch() {
    turn();
    watcher = setImmediate(watch);
  });
  const response = await app.request('/metrics');
  // Read and let go, as a socket would.
  await response.body?.pipeTo(new WritableStream());
  turn();
  clearImmediate(watcher);
  return longest;
}

function servedByUs(routes: number): Served {
  const registry = new MetricsRegistry();
  const metrics = createHttpMetrics(registry);
  const all = Array.from({ length: routes }, (_, route) =>
    metrics.seriesFor('GET', `/items/${route}`),
  );
  return {
    app: healthRoutes({ readiness: new Readiness(), registry, release: 'bench' }),
    countAll() {
      for (const series of all) series.record(200, Math.random());
    },
  };
}

/** The same series in prom-client's own counter and histogram, served as its documentation does. */
function servedByPromClient(routes: number): Served {
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
    buckets: latencyBucketsMs.map((ms) => ms / 1_000),
    registers,
  });
  const all = Array.from({ length: routes }, (_, route) => ({
    method: 'GET',
    route: `/items/${route}`,
    kind: 'read',
  }));
  for (const labels of all) for (const status of statuses) total.inc({ ...labels, status }, 0);
  const app = new Hono();
  app.get('/metrics', async (c) =>
    c.body(await registry.metrics(), 200, { 'content-type': registry.contentType }),
  );
  return {
    app,
    countAll() {
      for (const labels of all) {
        total.inc({ ...labels, status: 200 });
        duration.observe(labels, Math.random());
      }
    },
  };
}
