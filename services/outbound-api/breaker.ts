import {
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhenResult,
  isBrokenCircuitError,
} from 'cockatiel';
import type { Delivery } from './deliver.js';

export const breakerStates = ['closed', 'open', 'half-open'] as const;
export type BreakerState = (typeof breakerStates)[number];

export interface BreakerOptions {
  /** So many deliveries in a row without an answer of the downstream open it. A refusal is an answer. */
  readonly failures?: number;
  /** So long after it opened, or after a probe failed, one order is sent as a probe. */
  readonly probeAfterMs?: number;
}

/** Keeps a process from sending to a downstream that does not answer. Each process has its own. */
export interface Breaker {
  readonly state: BreakerState;
  /** What may be sent now: everything, one order to find out, or nothing. */
  allows(): 'all' | 'probe' | 'nothing';
  /** Sends, and learns from how it went. Null: it has opened since `allows` was asked, and nothing was sent. */
  send(deliver: () => Promise<Delivery>): Promise<Delivery | null>;
  /** Closes it where a probe is allowed and there is nothing to send: it would stay open, and stand against the retry
   *  that brings it something, until somebody orders again. */
  forget(): Promise<void>;
}

export function createBreaker({
  failures = 5,
  probeAfterMs = 2_000,
}: BreakerOptions = {}): Breaker {
  const isUnavailable = (result: unknown): boolean => (result as Delivery).kind === 'unavailable';
  const policy = circuitBreaker(handleWhenResult(isUnavailable), {
    breaker: new ConsecutiveBreaker(failures),
    halfOpenAfter: probeAfterMs,
  });
  let probeAt = 0;
  policy.onBreak(() => (probeAt = Date.now() + probeAfterMs));

  return {
    get state() {
      return nameOf(policy.state);
    },
    allows() {
      if (policy.state === CircuitState.Closed) return 'all';
      return policy.state === CircuitState.Open && Date.now() >= probeAt ? 'probe' : 'nothing';
    },
    async forget() {
      await policy.execute(() => ({ kind: 'delivered' }));
    },
    async send(deliver) {
      try {
        return await policy.execute(deliver);
      } catch (error) {
        if (isBrokenCircuitError(error)) return null;
        throw error;
      }
    },
  };
}

function nameOf(state: CircuitState): BreakerState {
  switch (state) {
    case CircuitState.Closed:
      return 'closed';
    case CircuitState.HalfOpen:
      return 'half-open';
    case CircuitState.Open:
    case CircuitState.Isolated:
      return 'open';
  }
}
