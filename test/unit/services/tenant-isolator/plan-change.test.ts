import { describe, expect, test } from '@jest/globals';
import type { IsolationOrder } from '../../../../services/tenant-isolator/arguments.js';
import { planChange } from '../../../../services/tenant-isolator/plan-change.js';

const now = Date.UTC(2026, 2, 1, 10);
const isolate: Extract<IsolationOrder, { kind: 'isolate' }> = {
  kind: 'isolate',
  tenantId: 'acme',
  warehouseId: 'north',
  mode: 'read-only',
  rerouteTo: null,
  expiresInMs: 1_800_000,
};
const release: IsolationOrder = { kind: 'release', tenantId: 'acme', warehouseId: 'north' };
const entry = (expiresAt: string, request = 'job-1'): string =>
  JSON.stringify({ mode: 'read-only', expiresAt, request });
const inForce = entry('2026-03-01T10:30:00.000Z');

describe('isolating', () => {
  test('writes one entry with its end', () => {
    expect(planChange({}, isolate, { request: 'job-1', now }).data).toEqual({
      'acme.north': inForce,
    });
  });

  test('changes nothing when the same run has written it', () => {
    const data = { 'acme.north': inForce };

    expect(planChange(data, isolate, { request: 'job-1', now: now + 60_000 })).toMatchObject({
      data: {},
      entry: { expiresAt: '2026-03-01T10:30:00.000Z' },
    });
  });

  test('by another run sets the end anew', () => {
    const data = { 'acme.north': inForce };

    expect(planChange(data, isolate, { request: 'job-2', now: now + 60_000 }).data).toEqual({
      'acme.north': entry('2026-03-01T10:31:00.000Z', 'job-2'),
    });
  });

  test('clears what has ended and leaves what is in force or unreadable', () => {
    const data = { ended: entry('2026-03-01T10:00:00Z'), other: inForce, odd: '?' };

    expect(planChange(data, isolate, { request: 'job-1', now }).data).toEqual({
      ended: null,
      'acme.north': inForce,
    });
  });

  test('is refused when there is no room', () => {
    const full = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`t-${i}`, inForce]));

    expect(() => planChange(full, isolate, { request: 'job-1', now })).toThrow(
      'could not isolate acme.north: 64 isolations are in force, which is the most there may be; release some',
    );
  });

  test('again needs no room', () => {
    const full = Object.fromEntries(Array.from({ length: 63 }, (_, i) => [`t-${i}`, inForce]));
    const data = { ...full, 'acme.north': inForce };

    expect(planChange(data, isolate, { request: 'job-2', now }).data).toHaveProperty([
      'acme.north',
    ]);
  });
});

describe('releasing', () => {
  test('takes the entry away', () => {
    const data = { 'acme.north': inForce, 'acme.south': inForce };

    expect(planChange(data, release, { request: 'job-2', now })).toEqual({
      key: 'acme.north',
      data: { 'acme.north': null },
      entry: null,
    });
  });

  test('what is not isolated changes nothing', () => {
    expect(planChange({}, release, { request: 'job-2', now }).data).toEqual({});
  });
});
