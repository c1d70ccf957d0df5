import { expect, test } from '@jest/globals';
import { isolationKey, parseIsolationKey } from '../../../../../configuration/isolation.schema.js';
import type { Isolations } from '../../../../../services/shared/flags/isolations.js';
import { readIsolations } from '../../../../../services/shared/flags/isolations.js';

const none: Isolations = new Map();
const expiresAt = '2026-03-01T10:00:00Z';
const until = Date.parse(expiresAt);
const entry = (part: object = {}): string =>
  JSON.stringify({ mode: 'read-only', expiresAt, request: 'isolate-1', ...part });

test('a file isolates the tenant or warehouse its name says', () => {
  const files = new Map([
    ['acme', entry()],
    ['acme.north', entry({ mode: 'block-outbound', rerouteTo: 'south' })],
  ]);

  const { isolations, faults } = readIsolations(files, none);

  expect(faults).toEqual([]);
  expect([...isolations.values()]).toEqual([
    { tenantId: 'acme', warehouseId: null, mode: 'read-only', until, rerouteTo: null },
    { tenantId: 'acme', warehouseId: 'north', mode: 'block-outbound', until, rerouteTo: 'south' },
  ]);
});

test.each([
  ['Acme', entry(), 'the key must be TENANT or TENANT.WAREHOUSE'],
  ['a.b.c', entry(), 'the key must be TENANT or TENANT.WAREHOUSE'],
  ['acme', '{', 'entry: '],
  ['acme', entry({ mode: 'off' }), 'mode: '],
  ['acme', entry({ expiresAt: 'soon' }), 'expiresAt: '],
  ['acme', entry({ surprise: 1 }), 'entry: '],
])('file %j with %j isolates nobody and is reported', (file, content, reason) => {
  const { isolations, faults } = readIsolations(new Map([[file, content]]), none);

  expect(isolations.size).toBe(0);
  expect(faults).toEqual([{ file, reason: expect.stringContaining(reason) }]);
});

test('a file that went bad still means what it meant', () => {
  const { isolations: before } = readIsolations(new Map([['acme', entry()]]), none);

  expect(readIsolations(new Map([['acme', 'broken']]), before).isolations).toEqual(before);
});

test('a file that is gone isolates nobody any more', () => {
  const { isolations: before } = readIsolations(new Map([['acme', entry()]]), none);

  expect(readIsolations(new Map(), before).isolations.size).toBe(0);
});

test('there are never more isolations than the bound', () => {
  const files = new Map(Array.from({ length: 70 }, (_, i) => [`tenant-${i}`, entry()]));

  const { isolations, faults } = readIsolations(files, none);

  expect([isolations.size, faults.length]).toEqual([64, 6]);
});

test('a key names what it was made from', () => {
  expect(parseIsolationKey(isolationKey('acme', null))).toEqual({
    tenantId: 'acme',
    warehouseId: null,
  });
  expect(parseIsolationKey(isolationKey('acme', 'north-1'))).toEqual({
    tenantId: 'acme',
    warehouseId: 'north-1',
  });
});
