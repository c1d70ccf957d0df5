import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CounterSeries } from '../../../../services/monitoring-api/counter-series.js';

function seriesOf(samples: readonly (readonly [at: number, value: number])[], capacity = 100) {
  const series = new CounterSeries(1, capacity);
  for (const [at, value] of samples) series.add(at, [value]);
  return series;
}

describe('CounterSeries', () => {
  test('counts the increase between the first and the last sample inside the window', () => {
    const series = seriesOf([
      [1_000, 50],
      [2_000, 60],
      [3_000, 75],
      [4_000, 80],
    ]);
    expect(series.increase(2_000, 4_000)).toEqual([20]);
    expect(series.increase(1_500, 3_500)).toEqual([15]);
    expect(series.increase(0, 9_999)).toEqual([30]);
  });

  test('counts nothing of what a process did before it was first seen', () => {
    expect(seriesOf([[1_000, 500]]).increase(0, 2_000)).toEqual([0]);
  });

  test('lets nothing from before the window in, even over a gap in the samples', () => {
    const series = seriesOf([
      [1_000, 0],
      [9_000, 100],
      [10_000, 101],
    ]);
    expect(series.increase(5_000, 10_000)).toEqual([1]);
  });

  test('counts from zero after a restart of the process', () => {
    const series = seriesOf([
      [1_000, 100],
      [2_000, 110],
      [3_000, 4],
      [4_000, 9],
    ]);
    expect(series.increase(0, 4_000)).toEqual([19]);
    expect(series.total).toEqual([19]);
  });

  test('takes a fall of one counter as a restart of all', () => {
    const series = new CounterSeries(2, 10);
    series.add(1_000, [100, 1]);
    series.add(2_000, [5, 3]);
    expect(series.increase(0, 2_000)).toEqual([5, 3]);
  });

  test('ignores a reading that is not newer than the last', () => {
    const series = seriesOf([
      [2_000, 10],
      [2_000, 20],
      [1_000, 30],
    ]);
    expect(series.increase(0, 3_000)).toEqual([0]);
  });

  test('takes a part that grew by more than its whole for a new process, even where nothing fell', () => {
    const [all, failed] = [0, 1];
    const series = new CounterSeries(2, 10, [[failed, all]]);
    series.add(0, [50, 0]);
    // Died, and has answered as many requests since, all of them badly.
    series.add(1_000, [50, 50]);
    expect(series.increase(0, 1_000)).toEqual([50, 50]);
  });

  test('keeps the newest samples within its capacity and goes on counting', () => {
    const series = seriesOf(
      Array.from({ length: 1_000 }, (_, index) => [index * 1_000, index * 2] as const),
      10,
    );
    expect(series.increase(0, 999_000)).toEqual([18]);
    expect(series.increase(995_000, 999_000)).toEqual([8]);
    expect(series.total).toEqual([1_998]);
  });

  test('counts every event of a window when each sample is an event', () => {
    const series = seriesOf([
      [0, 0],
      [1_000, 1],
      [2_000, 2],
      [3_000, 3],
    ]);
    expect(series.eventsIn(1_000, 3_000)).toEqual([3]);
    expect(series.eventsIn(1_001, 2_999)).toEqual([1]);
    expect(series.eventsIn(4_000, 5_000)).toEqual([0]);
  });

  test('agrees with adding up the events of the window, whatever the traffic and restarts', () => {
    const step = fc.record({ events: fc.nat(20), restart: fc.boolean() });
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 2, maxLength: 60 }),
        fc.nat(60),
        fc.nat(60),
        (steps, one, other) => {
          const series = new CounterSeries(1, 100);
          let counter = 0;
          const seen = steps.map(({ events, restart }, index) => {
            const before = counter;
            counter = restart ? events : counter + events;
            series.add(index * 1_000, [counter]);
            // A restart that shows no fall cannot be told from growth.
            return counter < before ? counter : counter - before;
          });
          const [from, to] = [Math.min(one, other), Math.max(one, other)];
          const expected = seen.slice(from + 1, to + 1).reduce((sum, events) => sum + events, 0);
          expect(series.increase(from * 1_000, to * 1_000)).toEqual([expected]);
        },
      ),
    );
  });
});
