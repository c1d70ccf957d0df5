import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Gauge } from 'prom-client';
import type { Registry } from 'prom-client';

/**
 * Registers `process_resident_memory_bytes` and `nodejs_eventloop_lag_max_seconds`. The lag is the longest pause of
 * the event loop since the previous scrape, at 10 ms resolution: a mean would hide the pause that a caller felt.
 */
export function registerProcessMetrics(registry: Registry): void {
  const resolutionMs = 10;
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();

  new Gauge({
    name: 'nodejs_eventloop_lag_max_seconds',
    help: 'Longest delay of the event loop since the previous scrape.',
    registers: [registry],
    collect() {
      // The histogram measures from timer to timer, so an idle loop reads as its resolution.
      this.set(Math.max(0, delay.max / 1e9 - resolutionMs / 1e3));
      delay.reset();
    },
  });
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory of the process.',
    registers: [registry],
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
}
