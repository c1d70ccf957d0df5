import { loadConfiguration } from '../configuration/load-configuration.js';
import { Monitor } from '../services/monitoring-api/monitor.js';
import { monitoringRoutes } from '../services/monitoring-api/monitoring.routes.js';
import type { PodSignal } from '../services/monitoring-api/signal-log.js';
import { MetricsRegistry } from '../services/shared/telemetry/metrics-registry.js';
import type { Signal } from '../services/shared/telemetry/signal-ring.js';
import type { Benchmark } from './benchmark.js';
import { interleave } from './interleave.js';
import { median, pairedRatio } from './statistics.js';

const rounds = 15;
const calls = 200;
/** They take so much longer. */
const plainCalls = 20;
const pageLength = 50;
const pods = ['one', 'two'];
const now = Date.parse('2026-01-01T00:00:00Z');

/** Processor time of a `GET /monitoring/signals` over full logs, the first one after a scrape: it orders them. */
export const signalsRead: Benchmark = {
  id: 'signals.read-ms',
  unit: 'ms',
  target: 5,
  better: 'lower',
  async measure() {
    const { scrape, ask, signals } = fullLogs();
    const afterScrape = (): Promise<number> => costOf(calls, ask, scrape);
    const values = await interleave(
      {
        afterScrape,
        control: afterScrape,
        again: () => costOf(calls, ask),
        plain: () => costOf(plainCalls, () => void plainSort(signals())),
      },
      rounds,
    );
    const { afterScrape: first, control, again, plain } = values;
    return {
      value: median(first),
      peers: {
        'the next call, ms': median(again),
        'sorting by dates at each call, ms': median(plain),
        'sorting by dates, to ours': pairedRatio(plain, first).median,
      },
      rounds,
      spread: [Math.min(...first), Math.max(...first)],
      control: pairedRatio(control, first),
    };
  },
};

/** What the route did before: the peer. */
function plainSort(signals: readonly PodSignal[]): PodSignal[] {
  return signals
    .filter(({ at }) => Date.parse(at) >= 0)
    .sort((one, other) => Date.parse(other.at) - Date.parse(one.at))
    .slice(0, pageLength);
}

/** monitoring-api's own logs of all services, full, and its route. A scrape brings a page of each of two pods. */
function fullLogs() {
  const monitor = new Monitor(loadConfiguration(['configuration']));
  const logs = monitor.serviceNames.map((name) => monitor.signals(name));
  const newest = logs.map((): PodSignal[] => []);
  let scrapes = 0;
  const scrape = (): void => {
    scrapes += 1;
    for (const [index, log] of logs.entries()) {
      for (const pod of pods) {
        const added = log.record(pod, { next: '', missed: 0, signals: pageOf(scrapes) });
        const kept = newest[index] ?? [];
        kept.push(...added);
        kept.splice(0, kept.length - log.capacity);
      }
    }
  };
  const capacity = Math.max(...logs.map((log) => log.capacity));
  while (scrapes * pods.length * pageLength < capacity) scrape();
  const routes = monitoringRoutes({ monitor, registry: new MetricsRegistry(), now: () => now });
  const ask = async (): Promise<void> => {
    const response = await routes.request('/monitoring/signals');
    if (!response.ok) throw new Error(`/monitoring/signals answered ${response.status}`);
    await response.text();
  };
  /** In the order in which they came. */
  const signals = (): PodSignal[] => newest.flat();
  return { scrape, ask, signals };
}

/** Failures of one second in order, as a pod tells them; those of the other lie between them. */
function pageOf(second: number): Signal[] {
  return Array.from({ length: pageLength }, (_, index) => ({
    at: new Date(now + second * 1_000 + (index + Math.random()) * 20).toISOString(),
    severity: index % 3 === 0 ? 'warning' : 'error',
    kind: 'span',
    method: 'POST',
    route: '/orders',
    status: 500,
    durationMs: 12,
    tenant: `tenant-${index}`,
    warehouse: 'north',
    requestId: `${second}-${index}`,
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    spanId: '00f067aa0ba902b7',
    message: null,
  }));
}

/** Milliseconds of processor time a call; `before` each of them is not counted. */
async function costOf(
  calls: number,
  act: () => Promise<void> | void,
  before: () => void = () => undefined,
): Promise<number> {
  let spent = 0;
  for (let call = 0; call < calls; call += 1) {
    before();
    const from = process.cpuUsage();
    await act();
    const { user, system } = process.cpuUsage(from);
    spent += user + system;
  }
  return spent / 1_000 / calls;
}
