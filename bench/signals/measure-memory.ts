import { SignalLog } from '../../services/monitoring-api/signal-log.js';
import type { Signal } from '../../services/shared/telemetry/signal-ring.js';
import { SignalRing } from '../../services/shared/telemetry/signal-ring.js';

// A process of its own, started with --expose-gc: fills what its first argument names and says how many bytes of heap
// that takes when it is full, and after a million signals.
const million = 1_000_000;
const fillers = {
  ring() {
    const ring = new SignalRing();
    return {
      capacity: ring.capacity,
      // Longer than anything kept, as hostile headers are: what is kept must not hold on to them.
      add: (index: number) => {
        ring.add(signalOf(index, 2_000));
      },
    };
  },
  log() {
    const log = new SignalLog('billing');
    log.updatePods(['one']);
    return {
      capacity: log.capacity,
      // As long as the border lets through.
      add: (index: number) => {
        log.record('one', { next: String(index), missed: 0, signals: [signalOf(index, 300)] });
      },
    };
  },
};

const { capacity, add } = fillers[process.argv[2] as keyof typeof fillers]();
const empty = heapBytes();
for (let index = 0; index < 2 * capacity; index += 1) add(index);
const full = heapBytes() - empty;
for (let index = 0; index < million; index += 1) add(index);
process.send?.({ full, after: heapBytes() - empty });

function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

function signalOf(index: number, length: number): Signal {
  // One flat text and pieces of it: a header, and what a pattern finds in it.
  const text = Buffer.alloc(length, `${index} is bad `).toString();
  return {
    at: new Date(index).toISOString(),
    severity: 'error',
    kind: 'span',
    method: 'POST',
    route: '/orders',
    status: 500,
    durationMs: 1,
    tenant: text.slice(0, 64),
    warehouse: text.slice(0, 64),
    requestId: text.slice(0, 128),
    traceId: text.slice(3, 35),
    spanId: text.slice(0, 16),
    message: text,
  };
}
