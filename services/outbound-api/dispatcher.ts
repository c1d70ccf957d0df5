import type { Database } from '../shared/storage/database.js';
import type { Logger } from '../shared/telemetry/logger.js';
import type { Breaker } from './breaker.js';
import type { Claim, ClaimedOrder, Place } from './claim-orders.js';
import { createClaimer } from './claim-rounds.js';
import type { PatienceLimits } from './decide-next.js';
import { decideNext, usualPatience } from './decide-next.js';
import type { Delivery } from './deliver.js';
import { deliver } from './deliver.js';
import { Doorbell } from './doorbell.js';
import { giveBack, markDelivered, othersGetThrough, settleFailure } from './settle-order.js';

export interface DispatcherOptions {
  readonly database: Database;
  readonly logger: Logger;
  readonly downstreamUrl: string;
  readonly breaker: Breaker;
  /** Whose orders are kept back at this moment. */
  readonly held?: () => readonly Place[];
  /** Told of every attempt. */
  readonly onDelivery?: (kind: Delivery['kind']) => void;
  readonly patience?: PatienceLimits;
  /** Orders in hand at a time. */
  readonly concurrency?: number;
  /** How long it does not look again after it found nothing, unless `doorbell` rings. */
  readonly idleMs?: number;
  readonly doorbell?: Doorbell;
}

const timeoutMs = 3_000;
/** Longer than a delivery can take, so that a live dispatcher never loses what it has in hand. */
const leaseMs = 10_000;

/** Sends accepted orders downstream until stopped. `stop` waits for the deliveries in hand. */
export function startDispatcher(options: DispatcherOptions): { stop(): Promise<void> } {
  const { logger, breaker, held = () => [], concurrency = 16, idleMs = 500 } = options;
  const { doorbell = new Doorbell() } = options;
  const stopping = new AbortController();
  const inHand = new Set<Promise<void>>();
  const claimNext = createClaimer(options.database);

  async function take(claim: Pick<Claim, 'limit' | 'early'>): Promise<number> {
    const orders = await claimNext({ ...claim, leaseMs, held: held() }, stopping.signal);
    for (const order of orders) {
      const sending = dispatch(options, order).finally(() => inHand.delete(sending));
      inHand.add(sending);
    }
    return orders.length;
  }

  /** Number of orders taken. */
  async function takeWhatIsAllowed(): Promise<number> {
    const allowed = breaker.allows();
    if (allowed === 'nothing') return 0;
    if (allowed === 'probe') {
      const taken = await take({ limit: 1, early: true });
      if (taken === 0) breaker.forget();
      await Promise.all(inHand);
      return taken;
    }
    // One slow order must not hold up the others, and a claim for each single one would cost too much.
    while (inHand.size > concurrency / 2) await Promise.race(inHand);
    return take({ limit: concurrency - inHand.size });
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const taken = await takeWhatIsAllowed().catch((error: unknown) => {
        logger.warn({ err: error }, 'could not take orders to dispatch: trying again');
        return 0;
      });
      if (taken === 0) await doorbell.wait(idleMs, stopping.signal);
    }
    await Promise.all(inHand);
  }

  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** Never throws: an order that could not be settled comes back when its lease has passed. */
async function dispatch(options: DispatcherOptions, order: ClaimedOrder): Promise<void> {
  const { database, logger, breaker, downstreamUrl, patience = usualPatience } = options;
  try {
    const delivery = await breaker.send(() => deliver(downstreamUrl, order, timeoutMs));
    if (delivery === null) {
      await giveBack(database, order);
      return;
    }
    options.onDelivery?.(delivery.kind);
    if (delivery.kind === 'delivered') {
      await markDelivered(database, order);
      return;
    }
    const { kind, reason } = delivery;
    const othersDo = kind === 'unavailable' && (await othersGetThrough(database, order));
    const failure = { kind, othersGetThrough: othersDo };
    const next = decideNext(order, failure, patience, Math.random());
    await settleFailure(database, order, { ...next, reason });
    if (next.status === 'dead') {
      const { id: orderId, tenantId } = order;
      // `cause` is the part that reaches the signals, where a person looks.
      logger.warn({ orderId, tenantId, cause: reason }, `order ${orderId} is a dead letter`);
    }
  } catch (error) {
    logger.warn({ err: error, orderId: order.id }, 'could not settle order: it is sent again');
  }
}
