import { describe, expect, test } from '@jest/globals';
import type { SloName, SloSeries } from '../../../../activities/contracts/monitoring.contract.js';
import { dateImpact } from '../../../../activities/registry/date-impact.js';

const start = Date.parse('2026-11-24T10:00:00.000Z');
const at = (second: number): string => new Date(start + second * 1_000).toISOString();

const series = (
  slo: SloName,
  threshold: number,
  points: readonly (readonly [second: number, value: number | null])[],
): SloSeries => ({
  service: 'inventory',
  slo,
  unit: slo === 'latency-p95' ? 'ms' : 'percent',
  threshold,
  points: points.map(([second, value]) => ({ at: at(second), value })),
});
const errors = (...points: (readonly [number, number | null])[]) => series('error-rate', 1, points);

/** Found in breach at second 100, by an evaluation over the minute before it. */
const date = (firstFailedWrite: number | null, ...all: SloSeries[]) =>
  dateImpact(
    {
      foundAt: start + 100_000,
      windowMs: 60_000,
      firstFailedWriteAt: firstFailedWrite === null ? null : start + firstFailedWrite * 1_000,
    },
    all,
  );

describe('dating the impact', () => {
  const rising = errors([75, 0], [80, 0], [85, 0.2], [90, 0.7], [95, 0.9], [100, 1.1], [105, 2]);

  test('begins it with the first failed write, which the counters bear out', () => {
    expect(date(82.5, rising)).toEqual({ from: at(82.5), knownBy: 'failed-write' });
  });

  test('begins it after the last evaluation without a failure when no write had failed by then', () => {
    expect(date(null, rising)).toEqual({ from: at(80), knownBy: 'counters' });
    expect(date(93, rising)).toEqual({ from: at(80), knownBy: 'counters' });
  });

  test('goes by the writes alone when monitoring has nothing to tell', () => {
    expect(date(82.5)).toEqual({ from: at(82.5), knownBy: 'failed-write' });
    expect(date(82.5, errors([110, 3]))).toEqual({ from: at(82.5), knownBy: 'failed-write' });
    expect(date(null)).toEqual({ from: at(100), knownBy: 'breach' });
  });

  test('goes back no further than the window in breach when failures trickle all day', () => {
    const trickle = errors([20, 0.3], [39, 0.4], [44, 0.5], [50, 0.5], [95, 0.8], [100, 1]);
    expect(date(null, trickle)).toEqual({ from: at(40), knownBy: 'counters' });
    expect(date(41, trickle)).toEqual({ from: at(41), knownBy: 'failed-write' });
  });

  test('counts lost probes as failures too, and takes the earlier of both', () => {
    const probes = series('availability', 99.5, [
      [70, 100],
      [75, 90],
      [100, 40],
    ]);
    expect(date(null, rising, probes)).toEqual({ from: at(70), knownBy: 'counters' });
  });

  test('leaves failed writes aside when only the latency was missed', () => {
    const slow = series('latency-p95', 500, [
      [95, 400],
      [100, 600],
    ]);
    const few = errors([95, 0.1], [100, 0.1]);
    expect(date(60, slow, few)).toEqual({ from: at(100), knownBy: 'breach' });
  });

  test('takes a stretch without traffic for one without failures', () => {
    expect(date(null, errors([85, 5], [90, null], [95, 4], [100, 4]))).toEqual({
      from: at(90),
      knownBy: 'counters',
    });
  });
});
