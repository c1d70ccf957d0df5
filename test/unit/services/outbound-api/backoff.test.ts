import { expect, test } from '@jest/globals';
import { backoffMs } from '../../../../services/outbound-api/backoff.js';

test('the wait doubles with every attempt, and half of it is left to chance', () => {
  expect([1, 2, 3].map((attempts) => backoffMs(attempts, 500, 0))).toEqual([250, 500, 1_000]);
  expect(backoffMs(3, 500, 0.5)).toBe(1_500);
  expect(backoffMs(2, 5_000, 1)).toBe(10_000);
});

test('the wait is never longer than a minute', () => {
  expect(backoffMs(1_000, 500, 1)).toBe(60_000);
});
