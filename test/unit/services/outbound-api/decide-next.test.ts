import { describe, expect, test } from '@jest/globals';
import type { OrderPast, RetryPast } from '../../../../services/outbound-api/decide-next.js';
import { decideNext } from '../../../../services/outbound-api/decide-next.js';

const limits = { refusals: 8, ownFailures: 50 };
const refused = { kind: 'refused', othersGetThrough: false } as const;
const outage = { kind: 'unavailable', othersGetThrough: false } as const;
const ownFailure = { kind: 'unavailable', othersGetThrough: true } as const;

const order = (past: Partial<OrderPast> = {}): OrderPast => ({
  attempts: 1,
  refusals: 0,
  ownFailures: 0,
  retry: null,
  ...past,
});
const retry = (past: Partial<RetryPast> = {}): RetryPast => ({
  failures: 0,
  maxAttempts: 3,
  backoffMs: 5_000,
  ...past,
});
const decide = (past: OrderPast, failure: Parameters<typeof decideNext>[1]) =>
  decideNext(past, failure, limits, 1);

describe('an order that failed', () => {
  test('waits longer from attempt to attempt', () => {
    expect(decide(order({ attempts: 3 }), outage)).toEqual({
      status: 'accepted',
      delayMs: 2_000,
      refusals: 0,
      ownFailures: 0,
      retryOutcome: null,
    });
  });

  test('dies of its eighth refusal', () => {
    expect(decide(order({ refusals: 6 }), refused)).toMatchObject({
      status: 'accepted',
      refusals: 1,
    });
    expect(decide(order({ refusals: 7 }), refused)).toMatchObject({ status: 'dead', refusals: 1 });
  });

  test('dies of its fiftieth failure while others got through', () => {
    expect(decide(order({ ownFailures: 48 }), ownFailure)).toMatchObject({
      status: 'accepted',
      ownFailures: 1,
    });
    expect(decide(order({ ownFailures: 49 }), ownFailure).status).toBe('dead');
  });

  test('never dies of an outage, whatever it has been through', () => {
    const past = order({ attempts: 10_000, refusals: 100, ownFailures: 100 });
    expect(decide(past, outage)).toMatchObject({ status: 'accepted', refusals: 0, ownFailures: 0 });
  });
});

describe('an order of a retry', () => {
  test('has all attempts of the retry before it can die, with its waits', () => {
    const past = order({ attempts: 9, refusals: 8, retry: retry({ failures: 1 }) });
    expect(decide(past, refused)).toEqual({
      status: 'accepted',
      delayMs: 10_000,
      refusals: 1,
      ownFailures: 0,
      retryOutcome: null,
    });
  });

  test.each([
    ['refused too often', order({ refusals: 8 }), refused, 'dead', 'dead'],
    ['not refused so often', order({ refusals: 2 }), refused, 'accepted', 'postponed'],
    ['in an outage', order({ refusals: 8 }), outage, 'accepted', 'postponed'],
    ['failing alone too often', order({ ownFailures: 50 }), ownFailure, 'dead', 'dead'],
  ] as const)(
    'goes back to the ordinary rule after the last one: %s',
    (_, past, failure, status, retryOutcome) => {
      const last = { ...past, retry: retry({ failures: 2 }) };
      expect(decide(last, failure)).toMatchObject({ status, retryOutcome });
    },
  );
});
