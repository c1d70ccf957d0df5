import { describe, expect, test } from '@jest/globals';
import {
  instant,
  pageCursor,
  pageLimit,
  text,
} from '../../../../../services/shared/http/request-schemas.js';

describe('text', () => {
  test.each(['x', '😀', '\ufffd', 'a\tb\nc', 'x'.repeat(10)])('takes %j', (value) => {
    expect(text(10).safeParse(value).success).toBe(true);
  });

  test.each(['', '\ud800', 'x\udc00', 'x'.repeat(11), 7, null])('refuses %j', (value) => {
    expect(text(10).safeParse(value).success).toBe(false);
  });

  test.each(['a\0b', '\r', '\x1b[2J', '\x7f', '\u009b8m', '\u202e', '\u2066'])(
    'refuses %j, which a terminal would obey',
    (value) => {
      expect(text(10).safeParse(value).success).toBe(false);
    },
  );
});

describe('an instant', () => {
  test.each([
    '2026-11-24T10:00:00Z',
    '2026-11-24T10:00:00.123456789+05:30',
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999Z',
  ])('may be %s', (time) => {
    expect(instant.safeParse(time).success).toBe(true);
  });

  test.each([
    ['the year 0', '0000-06-01T00:00:00Z'],
    ['before year 1 by its offset', '0001-01-01T00:00:00+23:59'],
    ['after 9999 by its offset', '9999-12-31T23:59:59-23:59'],
    ['the last one of JavaScript', '+275760-09-13T00:00:00.000Z'],
    ['a day that is none', '2026-02-30T00:00:00Z'],
    ['longer than any sender writes', `2026-11-24T10:00:00.${'1'.repeat(60)}Z`],
    ['no time', 'yesterday'],
  ])('is not %s', (_what, time) => {
    expect(instant.safeParse(time).success).toBe(false);
  });
});

describe('a page', () => {
  test.each(['1', '9007199254740991'])('may begin after %s', (cursor) => {
    expect(pageCursor.safeParse(cursor).success).toBe(true);
  });

  test.each(['0', '-1', '1.5', '9007199254740992', '1e400', 'NaN', 'x'])(
    'does not begin after %s, forged or mistyped',
    (cursor) => {
      expect(pageCursor.safeParse(cursor).success).toBe(false);
    },
  );

  test.each(['0', '201', '1e9', '', ['1', '2']])('does not hold %j entries', (limit) => {
    expect(pageLimit.safeParse(limit).success).toBe(false);
  });
});
