import { expect, test } from '@jest/globals';
import { randomDigits, randomId } from '../../../../../services/shared/http/random-ids.js';

test('an id is a UUID of version 4, and none comes twice', () => {
  const ids = Array.from({ length: 2_000 }, randomId);

  for (const id of ids)
    expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/);
  expect(new Set(ids).size).toBe(2_000);
});

test('digits are as many as asked for, across stocks', () => {
  const all = Array.from({ length: 2_000 }, () => randomDigits(31));

  expect(all.every((digits) => /^[\da-f]{31}$/.test(digits))).toBe(true);
  expect(new Set(all).size).toBe(2_000);
});
