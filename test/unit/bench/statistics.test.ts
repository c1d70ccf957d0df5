import { describe, expect, test } from '@jest/globals';
import { isNoisy, median, pairedRatio } from '../../../bench/statistics.js';

describe('the median', () => {
  test('is the middle value, or the mean of the two middle ones', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([10, 1, 3, 5])).toBe(4);
  });

  test('of nothing is refused', () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('a paired ratio', () => {
  test('is taken round by round, not between two medians', () => {
    expect(pairedRatio([2, 40, 6], [1, 10, 6])).toEqual({ median: 2, min: 1, max: 4 });
  });

  test('needs as many rounds on both sides', () => {
    expect(() => pairedRatio([1, 2], [1])).toThrow(RangeError);
  });
});

describe('a control', () => {
  test.each([
    [1, false],
    [1.04, false],
    [0.94, true],
    [1.06, true],
    [NaN, true],
  ])('of median %d is noisy: %s', (value, noisy) => {
    expect(isNoisy({ median: value, min: value, max: value })).toBe(noisy);
  });
});
