import { describe, expect, test } from '@jest/globals';
import {
  isInForce,
  readSwitches,
  usualSwitches,
} from '../../../../../services/shared/flags/switches.js';
import type { Switches } from '../../../../../services/shared/flags/switches.js';

const names = {
  mode: { value: 'shop.mode', expiresAt: 'shop.overrideExpiresAt' },
  shed: { value: 'shed.mode', expiresAt: 'shed.expiresAt' },
};
const end = '2026-03-01T10:00:00Z';
const instant = Date.UTC(2026, 2, 1, 10);

const read = (
  files: Record<string, string>,
  lastGood: Switches | null = usualSwitches,
  now = instant - 1,
): ReturnType<typeof readSwitches> =>
  readSwitches(new Map(Object.entries(files)), names, lastGood, now);

describe('switches', () => {
  test('are as usual without files', () => {
    expect(read({})).toEqual({ switches: usualSwitches, faults: [] });
  });

  test('say their value and their end, spaces around them forgiven', () => {
    const { switches, faults } = read({
      'shop.mode': ' read-only\n',
      'shop.overrideExpiresAt': `${end}\n`,
      'shed.mode': 'non-critical',
    });

    expect(switches).toEqual({
      mode: { value: 'read-only', until: instant },
      shed: { value: 'non-critical', until: null },
    });
    expect(faults).toEqual([]);
  });

  test('understand an end with another offset', () => {
    const { switches } = read({
      'shop.mode': 'read-only',
      'shop.overrideExpiresAt': '2026-03-01T12:00:00+02:00',
    });

    expect(switches.mode.until).toBe(instant);
  });

  test('keep what they were when the value is unknown, and say what is known', () => {
    const before: Switches = { ...usualSwitches, mode: { value: 'read-only', until: instant } };

    const { switches, faults } = read({ 'shop.mode': 'readonly' }, before);

    expect(switches).toEqual(before);
    expect(faults).toEqual([
      { file: 'shop.mode', reason: 'unknown value "readonly"; known: normal, read-only' },
    ]);
  });

  test.each([
    ...['tomorrow', '2026-03-01', '2026-03-01T10:00:00', '2026-13-01T10:00:00Z', '0'],
    ...['2026-02-31T10:00:00Z', '2026-03-01T10:00:00+99:99'],
  ])('take no value whose end reads %j', (expiry) => {
    const { switches, faults } = read({
      'shop.mode': 'read-only',
      'shop.overrideExpiresAt': expiry,
    });

    expect(switches.mode).toEqual({ value: 'normal', until: null });
    expect(faults).toEqual([
      {
        file: 'shop.overrideExpiresAt',
        reason: `"${expiry}" is no instant; write 2026-01-31T09:30:00Z`,
      },
    ]);
  });

  test('take no value whose end is empty, but the usual one: a command that computes the end may have failed', () => {
    const { switches, faults } = read({
      'shop.mode': 'read-only',
      'shop.overrideExpiresAt': '\n',
      'shed.mode': 'none',
      'shed.expiresAt': '',
    });

    expect(switches).toEqual(usualSwitches);
    expect(faults).toEqual([
      {
        file: 'shop.overrideExpiresAt',
        reason: 'it is empty; write 2026-01-31T09:30:00Z, or no such key',
      },
    ]);
  });

  describe('whose end has passed', () => {
    const expired = { 'shop.mode': 'read-only', 'shop.overrideExpiresAt': end };
    const mode = (until: number | null, value: 'normal' | 'read-only' = 'read-only'): Switches => ({
      ...usualSwitches,
      mode: { value, until },
    });

    test.each([
      ['the usual value stood there', usualSwitches],
      ['the usual value stood there with the same old end', mode(instant, 'normal')],
      ['one that has ended too', mode(instant - 60_000)],
    ])('are refused when set anew, since that does nothing: before, %s', (_before, lastGood) => {
      const { switches, faults } = read(expired, lastGood, instant);

      expect(switches).toEqual(lastGood);
      expect(faults).toEqual([
        {
          file: 'shop.overrideExpiresAt',
          reason: `"${end}" has passed: set the value and a new end together`,
        },
      ]);
    });

    test.each([
      ['they are as they were', mode(instant)],
      ['that ends the one in force', mode(instant + 60_000)],
      ['that ends the one without an end', mode(null)],
      ['it is the first look', null],
    ])('are no fault when %s', (_when, lastGood) => {
      const { switches, faults } = read(expired, lastGood, instant);

      expect(switches.mode).toEqual({ value: 'read-only', until: instant });
      expect(faults).toEqual([]);
    });
  });

  test('with a fault do not hold back the other one', () => {
    const { switches } = read({ 'shop.mode': '?', 'shed.mode': 'non-critical' });

    expect(switches.shed.value).toBe('non-critical');
  });

  test('that a service does not have are not read', () => {
    const files = new Map([['shop.mode', 'read-only']]);

    const { switches } = readSwitches(files, { ...names, mode: null }, usualSwitches, instant);

    expect(switches.mode.value).toBe('normal');
  });
});

test.each([
  [null, true],
  [instant + 1, true],
  [instant, false],
  [instant - 1, false],
])('an end at %j is still to come: %j', (until, expected) => {
  expect(isInForce({ until }, instant)).toBe(expected);
});
