import { describe, expect, test } from '@jest/globals';
import { compare, disagreements } from '../../support/compare-alerts.js';
import type { OwnEvaluation } from '../../support/compare-alerts.js';

const startedAt = 1_000_000;
const within = (second: number, spans: readonly (readonly [number, number])[]): boolean =>
  spans.some(([from, to]) => from <= second && second < to);

type Spans = readonly (readonly [from: number, to: number])[];

/** Both evaluate every second for a minute, Prometheus `phase` seconds later; spans in seconds. */
function differing(
  own: Spans,
  prometheus: Spans,
  {
    undecided = [],
    borderline = [],
    phase = 0.4,
  }: { undecided?: Spans; borderline?: Spans; phase?: number } = {},
): string[] {
  const seconds = Array.from({ length: 60 }, (_, second) => second);
  const evaluations = seconds.map((second): OwnEvaluation => ({
    at: startedAt + second * 1_000,
    service: 's',
    alert: 'A',
    firing: within(second, own),
    undecided: within(second, undecided),
    borderline: within(second, borderline),
  }));
  const firing = seconds
    .map((second) => second + phase)
    .filter((second) => within(second, prometheus))
    .map((second) => startedAt + second * 1_000);
  const times = { startedAt, evaluationInterval: 1_000, longestKept: 2_000 };
  return disagreements({
    said: compare(evaluations, new Map([['s A', firing]]), times),
    toleranceSeconds: 2,
    worstDelayMs: 0,
  });
}

describe('comparing the alerts of two evaluators', () => {
  test('lets a start and an end differ by the tolerance, and no more', () => {
    expect(differing([[10, 20]], [[11, 21]])).toEqual([]);
    expect(differing([[10, 20]], [[13, 20]])).toEqual([
      's A: only ours fires for 3.4 s from 10.0 s',
    ]);
    expect(differing([[10, 20]], [[10, 23]])).toEqual([
      's A: only Prometheus fires for 3.4 s from 20.0 s',
    ]);
  });

  test('notices an alert that only one raises', () => {
    expect(differing([[10, 20]], [])).toHaveLength(1);
    expect(differing([], [[10, 20]])).toHaveLength(1);
  });

  test('lets one see a short pause where the other goes on, but not a long one', () => {
    expect(
      differing(
        [[10, 30]],
        [
          [10, 18],
          [21, 30],
        ],
      ),
    ).toEqual([]);
    expect(
      differing(
        [[10, 30]],
        [
          [10, 18],
          [24, 30],
        ],
      ),
    ).toHaveLength(1);
  });

  test('excuses ours for going on while it cannot decide, and for raising nothing else', () => {
    expect(differing([[10, 40]], [[10, 20]], { undecided: [[18, 38]] })).toEqual([]);
    expect(differing([[10, 50]], [[10, 20]], { undecided: [[18, 30]] })).toHaveLength(1);
    expect(differing([], [[10, 20]], { undecided: [[0, 60]] })).toHaveLength(1);
  });

  test('leaves out the time in which one scrape decides', () => {
    expect(differing([[14, 20]], [[10, 20]], { borderline: [[11, 14]] })).toEqual([]);
    expect(differing([[16, 20]], [[10, 20]], { borderline: [[11, 13]] })).toHaveLength(1);
  });
});
