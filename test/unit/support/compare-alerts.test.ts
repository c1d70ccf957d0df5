import { describe, expect, test } from '@jest/globals';
import { apart, misheld, misjudged, miscounted } from '../../support/compare-alerts.js';
import type { AlertHistory, Evaluation } from '../../support/evaluate-both.js';
import { production } from '../../support/alert-configurations.js';

const rule = { ...production.alerts.rules[0]!, for: 0, keepFiringFor: 10_000 };
const burning = { bad: 500, total: 1_000 };
const clear = { bad: 0, total: 1_000 };
const tooFew = { bad: 1, total: 1 };

type States = Evaluation['prometheus']['state'][];

/** Both see the same shares. Evaluations are 5 s apart. */
function history(
  shares: readonly (typeof burning)[],
  { own, prometheus = own }: { own: States; prometheus?: States },
): AlertHistory {
  const evaluations = shares.map((share, index): Evaluation => {
    const windows = { long: share, short: share };
    return {
      own: {
        ...windows,
        state: own[index] ?? 'inactive',
        undecided: share === tooFew,
      },
      prometheus: { ...windows, state: prometheus[index] ?? 'inactive' },
      counted: windows,
      estimated: windows,
    };
  });
  return {
    recording: 'r',
    alert: 'A',
    slo: 'error-rate',
    rule,
    objective: production.services['inventory']!.slo,
    alerts: production.alerts,
    evaluations,
  };
}

const spike = [clear, burning, clear, clear, clear];
const right: States = ['inactive', 'firing', 'firing', 'firing', 'inactive'];

describe('comparing two evaluators', () => {
  test('finds nothing where both say what the rules say', () => {
    const same = [history(spike, { own: right })];
    expect([miscounted, misjudged, misheld, apart].flatMap((look) => look(same))).toEqual([]);
  });

  test('finds a single count that is not as defined, on either side', () => {
    const wrong = (change: Partial<Evaluation>) => {
      const good = history(spike, { own: right });
      const evaluations = good.evaluations.map((one, index) =>
        index === 2 ? { ...one, ...change } : one,
      );
      return miscounted([{ ...good, evaluations }]);
    };
    expect(wrong({ counted: { long: { bad: 1, total: 1_000 }, short: clear } })).toEqual([
      'r A at evaluation 2: ours counts 0 of 1000 in the long window instead of 1 of 1000',
    ]);
    expect(wrong({ estimated: { long: clear, short: { bad: 0, total: 1_000.01 } } })).toEqual([
      'r A at evaluation 2: Prometheus records 0 of 1000 in the short window instead of 0 of 1000.01',
    ]);
  });

  test('finds a single evaluation at which Prometheus judges the same numbers otherwise', () => {
    const prometheus: States = ['inactive', 'firing', 'firing', 'inactive', 'inactive'];
    expect(misjudged([history(spike, { own: right, prometheus })])).toEqual([
      'r A at evaluation 3: Prometheus is inactive, ours by the same numbers firing (0 of 1000, 0 of 1000)',
    ]);
  });

  test('wants ours to stay as it is while undecided, and to be as decided again in time', () => {
    const silence = [burning, tooFew, tooFew, tooFew, clear, clear, clear, clear];
    const held = (...own: States) => misheld([history(silence, { own })]);
    const firing = 'firing';
    const over = 'inactive';
    expect(held(firing, firing, firing, firing, firing, firing, over, over)).toEqual([]);
    expect(held(firing, firing, over, over, over, over, over, over)).toEqual([
      'r A at evaluation 2: ours is inactive though undecided instead of firing',
    ]);
    expect(held(firing, firing, firing, firing, firing, firing, firing, firing)).toEqual([
      'r A at evaluation 6: ours is firing instead of inactive',
    ]);
  });

  test('lets a condition be an evaluation late, not two', () => {
    const late = (by: number) => {
      const good = history([burning, burning, burning, clear], { own: right });
      const evaluations = good.evaluations.map((one, index) =>
        index < by ? { ...one, prometheus: { ...one.prometheus, long: clear, short: clear } } : one,
      );
      return apart([{ ...good, evaluations }]);
    };
    expect(late(1)).toEqual([]);
    expect(late(2)).toEqual([
      'r A from evaluation 0 for 2: ours firing (500 of 1000, 500 of 1000), Prometheus inactive (0 of 1000, 0 of 1000)',
    ]);
  });
});
