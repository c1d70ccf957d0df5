import { describe, expect, test } from '@jest/globals';
import { storable } from '../../../../../services/shared/storage/storable.js';

describe('storable', () => {
  test('puts U+FFFD in the place of NUL and of halves of surrogate pairs, in keys too', () => {
    expect(storable({ 'k\0': ['\ud800x', { b: '\udfff' }] })).toEqual({
      'k\ufffd': ['\ufffdx', { b: '\ufffd' }],
    });
  });

  test('leaves everything else as it is', () => {
    const value = { text: '😀 ü \u0001 \ufffe', number: 1e308, none: null, yes: true, list: [[]] };
    expect(storable(value)).toEqual(value);
  });

  test('takes a key named __proto__ for a key', () => {
    const value: unknown = JSON.parse('{"__proto__": {"polluted": "\\u0000"}}');
    const kept = storable(value) as object;
    expect(Object.getPrototypeOf(kept)).toBe(Object.prototype);
    expect(JSON.stringify(kept)).toBe('{"__proto__":{"polluted":"\ufffd"}}');
  });
});
