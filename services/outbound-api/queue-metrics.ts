import { setTimeout as elapsed } from 'node:timers/promises';
import type { Registry } from 'prom-client';
import { Counter, Gauge } from 'prom-client';
import type { Unmet } from './preconditions.js';
import { preconditions } from './preconditions.js';
import type { QueueTotals } from './queue-figures.js';

/** What was asked of this process. */
export interface RetryMetrics {
  countRetry(): void;
  countRefusal(unmet: readonly Unmet[]): void;
}

/**
 * Registers what the queue holds (`outbound_queue_orders{state}`, `outbound_queue_oldest_seconds`,
 * `outbound_retries_running`: the same in every pod, so take the maximum) and what was asked of this process
 * (`outbound_retries_total`, `outbound_retry_refusals_total{precondition}`: sum them).
 */
export function registerQueueMetrics(
  registry: Registry,
  readTotals: () => Promise<QueueTotals>,
): RetryMetrics {
  registerQueueGauges(registry, () => withinPatience(readTotals()));

  const retries = new Counter({
    name: 'outbound_retries_total',
    help: 'Retries begun.',
    registers: [registry],
  });
  const refusals = new Counter({
    name: 'outbound_retry_refusals_total',
    help: 'Retries refused, by the precondition that did not hold.',
    labelNames: ['precondition'],
    registers: [registry],
  });
  for (const precondition of preconditions) refusals.inc({ precondition }, 0);

  return {
    countRetry() {
      retries.inc();
    },
    countRefusal(unmet) {
      for (const precondition of new Set(unmet.map((one) => one.precondition))) {
        refusals.inc({ precondition });
      }
    },
  };
}

/** A scrape that waits for the database is one that fails with it, and then nothing is seen of this process. */
const patienceMs = 1_000;

async function withinPatience(reading: Promise<QueueTotals>): Promise<QueueTotals> {
  const answered = new AbortController();
  try {
    return await Promise.race([
      reading,
      elapsed(patienceMs, unknownTotals, { signal: answered.signal }),
    ]);
  } catch {
    return unknownTotals;
  } finally {
    answered.abort();
  }
}

/** A database that does not answer makes no zeros, and does not cost the scrape either. */
const unknownTotals: QueueTotals = {
  waiting: NaN,
  inHand: NaN,
  dead: NaN,
  oldestSeconds: NaN,
  deliveredLastMinute: NaN,
  retriesRunning: NaN,
};

function registerQueueGauges(registry: Registry, readTotals: () => Promise<QueueTotals>): void {
  new Gauge({
    name: 'outbound_queue_orders',
    help: 'Orders that are not delivered.',
    labelNames: ['state'],
    registers: [registry],
    async collect() {
      const { waiting, inHand, dead } = await readTotals();
      this.set({ state: 'waiting' }, waiting);
      this.set({ state: 'in-hand' }, inHand);
      this.set({ state: 'dead' }, dead);
    },
  });
  new Gauge({
    name: 'outbound_queue_oldest_seconds',
    help: 'Age of the oldest order that is neither delivered nor dead.',
    registers: [registry],
    async collect() {
      this.set((await readTotals()).oldestSeconds);
    },
  });
  new Gauge({
    name: 'outbound_retries_running',
    help: 'Retries that have not ended.',
    registers: [registry],
    async collect() {
      this.set((await readTotals()).retriesRunning);
    },
  });
}
