import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson, digest } from '../../../../activities/kubernetes/digest.js';

test('the order of keys does not matter, the order of lists does', () => {
  expect(digest({ a: 1, b: { c: [1, 2], d: null } })).toBe(
    digest({ b: { d: null, c: [1, 2] }, a: 1 }),
  );
  expect(digest([1, 2])).not.toBe(digest([2, 1]));
});

test('is the SHA-256 of the canonical JSON', () => {
  expect(canonicalJson({ b: 1, a: 'x' })).toBe('{"a":"x","b":1}');
  expect(digest({ b: 1, a: 'x' })).toBe(
    'cdab067e9f3beb32d1252cfd63e492592fecbf591b0d08cadb24bb17f3864246',
  );
});

test('canonical JSON says the same as the value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const plain: unknown = JSON.parse(JSON.stringify(value));
      expect(JSON.parse(canonicalJson(plain))).toEqual(plain);
    }),
  );
});
