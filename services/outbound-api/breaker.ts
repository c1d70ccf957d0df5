import type { Delivery } from './deliver.js';

export const breakerStates = ['closed', 'open', 'half-open'] as const;
export type BreakerState = (typeof breakerStates)[number];

export interface BreakerOptions {
  /** So many deliveries in a row without an answer of the downstream open it. A refusal is an answer. */
  readonly failures?: number;
  /** So long after it opened, or after a probe failed, one order is sent as a probe. */
  readonly probeAfterMs?: number;
  /** Told when it stops sending all there is, with the reason of the last failure, and (null) once an answer proves that
   *  it can do so again. */
  readonly onTurn?: (outage: string | null) => void;
}

/** Keeps a process from sending to a downstream that does not answer. Each process has its own. */
export interface Breaker {
  readonly state: BreakerState;
  /** What may be sent now: everything, one order to find out, or nothing. */
  allows(): 'all' | 'probe' | 'nothing';
  /** Sends, and learns from how it went; `deliver` must not throw. Null: it has opened since `allows` was asked, and
   *  nothing was sent. */
  send(deliver: () => Promise<Delivery>): Promise<Delivery | null>;
  /** Closes it where a probe is allowed and there is nothing to send: it would stay open, and stand against the retry
   *  that brings it something, until somebody orders again. */
  forget(): void;
}

/** Counts time by the monotonic clock: one that is set back would keep it open for as long. */
export function createBreaker({
  failures = 5,
  probeAfterMs = 2_000,
  onTurn = () => undefined,
}: BreakerOptions = {}): Breaker {
  let state: BreakerState = 'closed';
  let failedInARow = 0;
  let probeAt = 0;
  let isOutageTold = false;

  function tell(outage: string | null): void {
    if (isOutageTold === (outage !== null)) return;
    isOutageTold = outage !== null;
    onTurn(outage);
  }

  function close(): void {
    state = 'closed';
    failedInARow = 0;
  }

  /** Late answers to what was sent before it opened count too, but only a probe closes it. */
  function learn(delivery: Delivery, isProbe: boolean): void {
    if (delivery.kind !== 'unavailable') {
      failedInARow = 0;
      if (isProbe) close();
      if (state === 'closed') tell(null);
      return;
    }
    failedInARow += 1;
    if (isProbe || (state === 'closed' && failedInARow >= failures)) {
      tell(delivery.reason);
      state = 'open';
      probeAt = performance.now() + probeAfterMs;
    }
  }

  function allows(): ReturnType<Breaker['allows']> {
    if (state === 'closed') return 'all';
    return state === 'open' && performance.now() >= probeAt ? 'probe' : 'nothing';
  }

  return {
    get state() {
      return state;
    },
    allows,
    forget: close,
    async send(deliver) {
      const allowed = allows();
      if (allowed === 'nothing') return null;
      const isProbe = allowed === 'probe';
      if (isProbe) state = 'half-open';
      const delivery = await deliver();
      learn(delivery, isProbe);
      return delivery;
    },
  };
}
