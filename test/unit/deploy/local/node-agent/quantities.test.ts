import { describe, expect, test } from '@jest/globals';
import {
  formatCpu,
  formatMemory,
  parseQuantity,
} from '../../../../../deploy/local/node-agent/quantities.js';

describe('a quantity', () => {
  test.each([
    ['500m', 0.5],
    ['2', 2],
    ['1.5', 1.5],
    ['250000000n', 0.25],
    ['512Mi', 536_870_912],
    ['1Gi', 1_073_741_824],
    ['64k', 64_000],
    ['1e3', 1_000],
    ['.5', 0.5],
  ])('%s is read as %d', (quantity, value) => {
    expect(parseQuantity(quantity)).toBeCloseTo(value, 9);
  });

  test.each(['', 'half', '12 Mi', '1Qi', 'm'])('"%s" is refused by name', (quantity) => {
    expect(() => parseQuantity(quantity)).toThrow(`could not read quantity ${quantity}`);
  });

  test('is written as metrics-server writes it', () => {
    expect(formatCpu(0.25)).toBe('250000000n');
    expect(formatMemory(1_000_000)).toBe('977Ki');
  });
});
