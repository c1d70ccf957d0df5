import type { Database } from '../shared/storage/database.js';
import type { Logger } from '../shared/telemetry/logger.js';
import { backoffMs } from './backoff.js';
import { deliver } from './deliver.js';
import type { ClaimedOrder } from './queue.js';
import { bury, claimOrders, markDelivered, postpone } from './queue.js';

export interface DispatcherOptions {
  readonly database: Database;
  readonly logger: Logger;
  readonly downstreamUrl: string;
  /** An order refused so often becomes a dead letter. An outage never makes one. */
  readonly maxAttempts?: number;
  readonly idleMs?: number;
}

const timeoutMs = 3_000;
/** Longer than a delivery can take, so that a live dispatcher never loses what it has in hand. */
const leaseMs = 10_000;

/** Sends accepted orders downstream until stopped. `stop` waits for the deliveries in hand. */
export function startDispatcher(options: DispatcherOptions): { stop(): Promise<void> } {
  const { logger, idleMs = 500 } = options;
  const stopping = new AbortController();
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const sent = await dispatchBatch(options).catch((error: unknown) => {
        logger.warn({ err: error }, 'could not dispatch orders: trying again');
        return 0;
      });
      if (sent === 0) await pause(idleMs, stopping.signal);
    }
  };
  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function dispatchBatch(options: DispatcherOptions): Promise<number> {
  const orders = await claimOrders(options.database, { limit: 10, leaseMs });
  await Promise.all(orders.map((order) => dispatch(options, order)));
  return orders.length;
}

async function dispatch(options: DispatcherOptions, order: ClaimedOrder): Promise<void> {
  const { database, maxAttempts = 8 } = options;
  const delivery = await deliver(options.downstreamUrl, order, timeoutMs);
  if (delivery.kind === 'delivered') {
    await markDelivered(database, order);
  } else if (delivery.kind === 'refused' && order.attempts >= maxAttempts) {
    await bury(database, order, delivery.reason);
  } else {
    const delayMs = backoffMs(order.attempts, Math.random());
    await postpone(database, order, { delayMs, reason: delivery.reason });
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
