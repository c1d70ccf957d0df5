import { describe, expect, test } from '@jest/globals';
import {
  parseQuantity,
  toBytes,
  toMillicores,
} from '../../../../activities/kubernetes/quantity.js';

describe('parseQuantity', () => {
  test.each([
    ['250m', 0.25],
    ['1', 1],
    ['0.5', 0.5],
    ['.5', 0.5],
    ['1e3', 1_000],
    ['2E2', 200],
    ['1E', 1e18],
    ['128Mi', 134_217_728],
    ['1.5Gi', 1_610_612_736],
    ['129M', 129_000_000],
  ])('reads %s as %d', (text, expected) => {
    expect(parseQuantity(text)).toBe(expected);
  });

  test.each([undefined, '', 'lots', '5 Mi', '5Xi', 'm'])('cannot read %s', (text) => {
    expect(parseQuantity(text)).toBeNull();
  });
});

test('CPU is told in thousandths of a core', () => {
  expect(toMillicores('1')).toBe(1_000);
  expect(toMillicores('123456789n')).toBe(123);
  expect(toMillicores('1000m')).toBe(toMillicores('1'));
  expect(toMillicores(undefined)).toBeNull();
});

test('memory is told in bytes', () => {
  expect(toBytes('131072Ki')).toBe(134_217_728);
  expect(toBytes('128974848')).toBe(128_974_848);
  expect(toBytes(undefined)).toBeNull();
});
