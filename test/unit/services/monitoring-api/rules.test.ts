import { describe, expect, test } from '@jest/globals';
import { evaluateRule } from '../../../../services/monitoring-api/rules.js';
import type { RuleInput, RuleState } from '../../../../services/monitoring-api/rules.js';

const fastBurn = {
  name: 'FastBurn',
  severity: 'critical',
  automation: 'allowed',
  longWindow: 10_000,
  shortWindow: 3_000,
  burnRate: 6,
  for: 0,
  keepFiringFor: 2_000,
} as const;

type Step = Partial<Pick<RuleInput, 'long' | 'short'>>;
const burning = { long: { bad: 70, total: 1_000 }, short: { bad: 30, total: 300 } };
const calm = { long: { bad: 0, total: 1_000 }, short: { bad: 0, total: 300 } };
const silent = { long: { bad: 0, total: 0 }, short: { bad: 0, total: 0 } };

/** The state after each second of `steps`. */
function run(steps: readonly Step[], rule: RuleInput['rule'] = fastBurn): RuleState[] {
  let state: RuleState | null = null;
  return steps.map((step, index) => {
    state = evaluateRule(state, {
      at: index * 1_000,
      rule,
      slo: 'error-rate',
      budget: 1,
      minSamples: 20,
      doubt: null,
      rememberResolvedMs: 3_000,
      ...calm,
      ...step,
    });
    return state;
  });
}
const states = (steps: readonly Step[], rule?: RuleInput['rule']) =>
  run(steps, rule).map(({ state }) => state);

describe('evaluateRule', () => {
  test('fires only when both windows burn faster than the rule allows', () => {
    expect(states([calm])).toEqual(['inactive']);
    expect(states([{ long: burning.long }])).toEqual(['inactive']);
    expect(states([{ short: burning.short }])).toEqual(['inactive']);
    expect(states([burning])).toEqual(['firing']);
  });

  test('fires one event above the limit, not at it', () => {
    const at = { long: { bad: 60, total: 1_000 }, short: { bad: 18, total: 300 } };
    const above = { long: { bad: 61, total: 1_000 }, short: { bad: 19, total: 300 } };
    expect(states([at, above])).toEqual(['inactive', 'firing']);
  });

  test('fires at exactly the objective when the rule is the objective itself', () => {
    const breach = { ...fastBurn, burnRate: 1 };
    const below = { long: { bad: 9, total: 1_000 }, short: { bad: 2, total: 300 } };
    const at = { long: { bad: 10, total: 1_000 }, short: { bad: 3, total: 300 } };
    expect(states([below, at], breach)).toEqual(['inactive', 'firing']);
  });

  test('waits in pending for as long as the rule says, and forgets what passes', () => {
    const patient = { ...fastBurn, for: 2_000 };
    expect(states([burning, burning, burning], patient)).toEqual(['pending', 'pending', 'firing']);
    expect(states([burning, calm, burning], patient)).toEqual(['pending', 'inactive', 'pending']);
  });

  test('keeps firing for a while after the burn has ended, and starts that while anew on every burn', () => {
    expect(states([burning, calm, calm, calm])).toEqual(['firing', 'firing', 'firing', 'resolved']);
    expect(states([burning, calm, burning, calm, calm, calm])).toEqual([
      'firing',
      'firing',
      'firing',
      'firing',
      'firing',
      'resolved',
    ]);
  });

  test('neither fires nor resolves on too little data, and says so', () => {
    const few = { long: { bad: 19, total: 19 }, short: { bad: 19, total: 19 } };
    expect(states([few])).toEqual(['inactive']);
    const fired = run([burning, calm, silent, silent, silent, silent]);
    expect(fired.map(({ state }) => state)).toEqual(Array(6).fill('firing'));
    expect(fired.at(-1)?.note).toBe('0 samples in the long window, 20 needed');
    expect(fired.at(-1)?.lastEvaluation).toEqual({ at: 5_000, long: null, short: null });
  });

  test('does not count a silence towards the end of an alert', () => {
    expect(states([burning, calm, silent, calm, calm, calm])).toEqual([
      'firing',
      'firing',
      'firing',
      'firing',
      'firing',
      'resolved',
    ]);
  });

  test('decides nothing while the short window is empty', () => {
    const [state] = run([{ long: burning.long, short: { bad: 0, total: 0 } }]);
    expect([state?.state, state?.note]).toEqual(['inactive', 'no samples in the short window']);
  });

  test('remembers a resolved alert for a while; a new burn is a new alert', () => {
    const forgotten = run([burning, calm, calm, calm, calm, calm, calm]);
    expect(forgotten.map(({ state }) => state).slice(3)).toEqual([
      'resolved',
      'resolved',
      'resolved',
      'inactive',
    ]);
    const again = run([burning, calm, calm, calm, burning]);
    expect(again[3]).toMatchObject({ state: 'resolved', since: 3_000, activeAt: 0 });
    expect(again[4]).toMatchObject({ state: 'firing', since: 4_000, activeAt: 4_000 });
  });
});
