import { backoffMs, ordinaryFirstMs } from './backoff.js';
import type { Delivery } from './deliver.js';

/** After so much an order is given up, and kept as a dead letter. */
export interface PatienceLimits {
  /** Refusals (4xx): the downstream has read it. */
  readonly refusals: number;
  /** Failures that are the order's own: others got through meanwhile. With waits of up to a minute, 50 take more than
   *  half an hour. */
  readonly ownFailures: number;
}

export const usualPatience: PatienceLimits = { refusals: 8, ownFailures: 50 };

/** What an order has been through, this attempt not yet counted. */
export interface OrderPast {
  /** Attempts made, this one included. */
  readonly attempts: number;
  readonly refusals: number;
  readonly ownFailures: number;
  /** The running retry it is part of; null: none. */
  readonly retry: RetryPast | null;
}

export interface RetryPast {
  /** Attempts of this retry that failed. */
  readonly failures: number;
  readonly maxAttempts: number;
  readonly backoffMs: number;
}

/** What becomes of an order that was not delivered. */
export interface NextStep {
  readonly status: 'accepted' | 'dead';
  /** Until the next attempt; of no meaning for a dead letter. */
  readonly delayMs: number;
  /** To add to the order's counts. */
  readonly refusals: 0 | 1;
  readonly ownFailures: 0 | 1;
  /** How its retry ended for it; null: it goes on, or there is none. */
  readonly retryOutcome: 'postponed' | 'dead' | null;
}

/**
 * The rule of failed attempts. An order dies of refusals, or of failures while others got through; never of an outage,
 * in which nobody gets through. A retry gives it all its attempts first, whatever it has been through.
 */
export function decideNext(
  order: OrderPast,
  failure: {
    readonly kind: Exclude<Delivery['kind'], 'delivered'>;
    readonly othersGetThrough: boolean;
  },
  limits: PatienceLimits,
  random: number,
): NextStep {
  const refusals = failure.kind === 'refused' ? 1 : 0;
  const ownFailures = failure.kind === 'unavailable' && failure.othersGetThrough ? 1 : 0;
  const counts = { refusals, ownFailures } as const;
  const { retry } = order;
  if (retry !== null && retry.failures + 1 < retry.maxAttempts) {
    const delayMs = backoffMs(retry.failures + 1, retry.backoffMs, random);
    return { status: 'accepted', delayMs, ...counts, retryOutcome: null };
  }
  const isHopeless =
    (refusals === 1 && order.refusals + 1 >= limits.refusals) ||
    (ownFailures === 1 && order.ownFailures + 1 >= limits.ownFailures);
  if (isHopeless) {
    return { status: 'dead', delayMs: 0, ...counts, retryOutcome: retry === null ? null : 'dead' };
  }
  return {
    status: 'accepted',
    delayMs: backoffMs(order.attempts, ordinaryFirstMs, random),
    ...counts,
    retryOutcome: retry === null ? null : 'postponed',
  };
}
