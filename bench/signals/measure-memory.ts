import { setImmediate as turn } from 'node:timers/promises';
import { Hono } from 'hono';
import { SignalLog } from '../../services/monitoring-api/signal-log.js';
import { createHttpMetrics } from '../../services/shared/telemetry/http-metrics.js';
import { createLogger } from '../../services/shared/telemetry/logger.js';
import { MetricsRegistry } from '../../services/shared/telemetry/metrics-registry.js';
import { observeRequests } from '../../services/shared/telemetry/observe-requests.js';
import type { Signal } from '../../services/shared/telemetry/signal-ring.js';
import { SignalRing } from '../../services/shared/telemetry/signal-ring.js';

/** Bytes of heap that signals take when their place has just been full, and after ten times as many. */
export interface MeasuredMemory {
  readonly full: number;
  readonly after: number;
}

/** What keeps them. */
interface Keeper {
  readonly capacity: number;
  add(index: number): unknown;
  /** How many are kept. */
  count(): number;
}

const keepers = {
  /** A pod: every request fails, and its headers are as long as a server lets through. */
  pod(): Keeper {
    const app = new Hono();
    app.get('/orders', (c) => c.text('failed', 500));
    const signals = new SignalRing();
    const observed = observeRequests(app, {
      metrics: createHttpMetrics(new MetricsRegistry()),
      logger: createLogger({
        name: 'bench',
        level: 'info',
        destination: { write: () => undefined },
      }),
      signals,
    });
    return {
      capacity: signals.capacity,
      count: () => signals.read().signals.length,
      add: async (index) => {
        const headers = { 'x-tenant-id': textOf(index, 4_000), 'x-request-id': textOf(index, 120) };
        await observed.fetch(new Request('http://localhost/orders', { headers }));
      },
    };
  },
  /** monitoring-api, for one service; texts are as long as it takes over. */
  monitoring(): Keeper {
    const log = new SignalLog('billing');
    log.updatePods(['one']);
    return {
      capacity: log.capacity,
      count: () => log.find({}).length,
      add: (index) =>
        log.record('one', { next: String(index), missed: 0, signals: [signalOf(index)] }),
    };
  },
  /** What keeps every signal, for comparison. */
  everything(): Keeper {
    const all: Signal[] = [];
    return {
      capacity: 2_048,
      count: () => all.length,
      add: (index) => all.push(signalOf(index)),
    };
  },
};

export type KeeperName = keyof typeof keepers;

// A process of its own, started with --expose-gc: measures what its first argument names.
process.once('message', (name: KeeperName) => {
  void measure(keepers[name]()).then((measured) => process.send?.(measured));
});

async function measure({ capacity, add, count }: Keeper): Promise<MeasuredMemory> {
  const fill = async (from: number, to: number): Promise<void> => {
    for (let index = from; index < to; index += 1) await add(index);
  };
  // What is made once, on first use, is no signal.
  await fill(0, 100);
  const start = await heapBytes();
  await fill(100, capacity);
  const full = (await heapBytes()) - start;
  await fill(capacity, 10 * capacity);
  const after = (await heapBytes()) - start;
  // Asked at the end, so that they are still there when they are measured.
  if (count() < capacity) throw new Error(`could not measure memory: only ${count()} signals kept`);
  return { full, after };
}

async function heapBytes(): Promise<number> {
  for (let time = 0; time < 3; time += 1) {
    await turn();
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed;
}

function signalOf(index: number): Signal {
  return {
    at: new Date(index).toISOString(),
    severity: 'error',
    kind: 'span',
    method: 'POST',
    route: '/orders',
    status: 500,
    durationMs: 1,
    tenant: textOf(index, 64),
    warehouse: textOf(index, 64),
    requestId: textOf(index, 128),
    traceId: textOf(index, 32),
    spanId: textOf(index, 16),
    message: textOf(index, 300),
  };
}

/** A flat text, as a socket gives it. */
function textOf(index: number, length: number): string {
  return Buffer.alloc(length, `tenant-${index}-`).toString();
}
