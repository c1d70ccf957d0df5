import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  PartyCounts,
  maxNamed,
  otherParties,
} from '../../../../../services/shared/telemetry/party-counts.js';

const named = (counts: PartyCounts) =>
  counts.read().flatMap(({ name }) => (name === otherParties ? [] : [name]));
const of = (counts: PartyCounts, name: string) =>
  counts.read().find((party) => party.name === name);

describe('PartyCounts', () => {
  test('counts few parties exactly', () => {
    const counts = new PartyCounts();
    for (let index = 0; index < 300; index += 1) {
      counts.record('acme', false);
      counts.record('globex', index % 3 === 0);
    }
    expect(counts.read()).toEqual([
      { name: 'acme', requests: 300, errors: 0 },
      { name: 'globex', requests: 300, errors: 100 },
      { name: otherParties, requests: 0, errors: 0 },
    ]);
  });

  test('never names more than its bound, whoever calls', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 5_000 }), fc.boolean()), {
          minLength: 1_000,
          maxLength: 5_000,
        }),
        (requests) => {
          const counts = new PartyCounts();
          for (const [tenant, failed] of requests) counts.record(`tenant-${tenant}`, failed);
          expect(named(counts).length).toBeLessThanOrEqual(maxNamed);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('names who has a tenth of the requests among a hundred thousand tenants', () => {
    const counts = new PartyCounts();
    for (let index = 0; index < 200_000; index += 1) counts.record(`tenant-${index}`, false);
    for (let index = 0; index < 100_000; index += 1) {
      counts.record(index % 10 === 0 ? 'acme' : `tenant-${index}`, false);
    }
    expect(named(counts)).toContain('acme');
    expect(named(counts).length).toBeLessThanOrEqual(maxNamed);
    expect(of(counts, 'acme')?.requests).toBeGreaterThan(8_000);
  });

  test('names a small tenant whose every request fails', () => {
    const counts = new PartyCounts();
    for (let index = 0; index < 100_000; index += 1) {
      counts.record(`tenant-${index % 1_000}`, false);
      if (index % 200 === 0) counts.record('unlucky', true);
    }
    const unlucky = of(counts, 'unlucky');
    expect(unlucky?.requests).toBeGreaterThan(450);
    expect(unlucky?.errors).toBe(unlucky?.requests);
  });

  test('does not name names that are none', () => {
    const counts = new PartyCounts();
    for (const name of ['', 'ACME', '(other)', 'a'.repeat(41), 'a"b']) counts.record(name, true);
    expect(counts.read()).toEqual([{ name: otherParties, requests: 0, errors: 0 }]);
  });
});
