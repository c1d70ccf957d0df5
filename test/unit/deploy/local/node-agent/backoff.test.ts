import { describe, expect, test } from '@jest/globals';
import {
  countCrash,
  describeDelay,
  restartDelayMs,
} from '../../../../../deploy/local/node-agent/backoff.js';

describe('restart back-off', () => {
  test('restarts the first time at once, then doubles up to a minute', () => {
    const delays = [1, 2, 3, 4, 5, 6, 7, 8, 9, 30].map(restartDelayMs);
    expect(delays).toEqual([0, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  test('forgets earlier crashes after a long run', () => {
    expect(countCrash(4, 5_000)).toBe(5);
    expect(countCrash(4, 120_000)).toBe(1);
  });

  test('is worded as a kubelet words it', () => {
    expect(describeDelay(8_000)).toBe('8s');
    expect(describeDelay(160_000)).toBe('2m40s');
  });
});
