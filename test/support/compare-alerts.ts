import { evaluateRule } from '../../services/monitoring-api/rules.js';
import type { RuleState } from '../../services/monitoring-api/rules.js';
import { badByChance, budgetPercent, minimumSamples } from '../../services/monitoring-api/slo.js';
import type { Share } from '../../services/monitoring-api/slo.js';
import type { AlertHistory, Evaluation, Windows } from './evaluate-both.js';

type State = Evaluation['prometheus']['state'];

/*
 * Ours and Prometheus differ on purpose in two things: ours counts where Prometheus estimates, and ours has a third
 * verdict. Each function below compares with one of them taken out, exactly; together they leave nothing uncompared.
 * Each answers what is not as it should be, a line each, at most one for each alert.
 */

/** Ours counts what the definition says, and so does Prometheus by its own, to a billionth. */
export function miscounted(histories: readonly AlertHistory[]): string[] {
  return firstOfEach(histories, ({ evaluations }) =>
    evaluations.map(({ own, counted, prometheus, estimated }) => {
      for (const window of ['long', 'short'] as const) {
        if (!isSame(own[window], counted[window], 0)) {
          return `ours counts ${show(own[window])} in the ${window} window instead of ${show(counted[window])}`;
        }
        if (!isSame(prometheus[window], estimated[window], 1e-9)) {
          return `Prometheus records ${show(prometheus[window])} in the ${window} window instead of ${show(estimated[window])}`;
        }
      }
      return null;
    }),
  );
}

/** Our rules on what Prometheus recorded come to Prometheus' states, at every evaluation. */
export function misjudged(histories: readonly AlertHistory[]): string[] {
  return firstOfEach(histories, (history) => {
    const states = judge(history, ({ prometheus }) => prometheus);
    return history.evaluations.map(({ prometheus: { state, long, short } }, index) =>
      state === states[index]
        ? null
        : `Prometheus is ${state}, ours by the same numbers ${states[index] ?? ''} (${show(long)}, ${show(short)})`,
    );
  });
}

/**
 * The third verdict: at an evaluation that cannot decide, ours stays in the state it is in. `for` and `keepFiringFor`
 * after the last such evaluation, it is again in the state that two verdicts lead to.
 */
export function misheld(histories: readonly AlertHistory[]): string[] {
  return firstOfEach(histories, (history) => {
    const { alerts, rule, evaluations } = history;
    const decided = judge(history, ({ own }) => own);
    const memory = (rule.for + rule.keepFiringFor) / alerts.evaluationInterval;
    let sinceUndecided = Infinity;
    let before: State = 'inactive';
    return evaluations.map(({ own }, index) => {
      const state = stateOf(own.state);
      const undecided = own.undecided;
      const expected = undecided ? before : decided[index];
      sinceUndecided = undecided ? 0 : sinceUndecided + 1;
      before = state;
      return state === expected || (!undecided && sinceUndecided <= memory)
        ? null
        : `ours is ${state}${undecided ? ' though undecided' : ''} instead of ${expected ?? ''}`;
    });
  });
}

/** Whatever is not as it should be at some evaluation: of the counts, of the verdicts on them, of the third verdict. */
export const unequal = (histories: readonly AlertHistory[]): string[] => [
  ...miscounted(histories),
  ...misjudged(histories),
  ...misheld(histories),
];

/**
 * With the third verdict taken out, the condition of every rule begins and ends to hold within one evaluation of the
 * other's. Without `keepFiringFor`, which makes a condition that held at one evaluation alone an alert of many.
 */
export function apart(histories: readonly AlertHistory[]): string[] {
  return histories.flatMap((history) => {
    const condition = { ...history, rule: { ...history.rule, keepFiringFor: 0 } };
    const ours = judge(condition, ({ own }) => own);
    const theirs = judge(condition, ({ prometheus }) => prometheus);
    const lines: string[] = [];
    let first = 0;
    for (let index = 0; index <= ours.length; index += 1) {
      if (theirs[index] !== ours[index] && index < ours.length) continue;
      if (index - first > 1) {
        const { own, prometheus } = history.evaluations[first]!;
        lines.push(
          `${nameOf(history)} from evaluation ${first} for ${index - first}: ours ${ours[first] ?? ''} ` +
            `(${show(own.long)}, ${show(own.short)}), Prometheus ${theirs[first] ?? ''} (${show(prometheus.long)}, ${show(prometheus.short)})`,
        );
      }
      first = index + 1;
    }
    return lines;
  });
}

/** How many times an alert of ours began or ended. */
export function transitions(histories: readonly AlertHistory[]): number {
  return histories.reduce(
    (sum, { evaluations }) =>
      sum +
      evaluations.filter(
        ({ own }, index) =>
          (own.state === 'firing') !== (evaluations[index - 1]?.own.state === 'firing'),
      ).length,
    0,
  );
}

/** The states of an alert by our rules on these shares, where too little to decide counts as clear. */
function judge(history: AlertHistory, windowsOf: (evaluation: Evaluation) => Windows): State[] {
  const { slo, rule, objective, alerts } = history;
  const clear = { bad: 0, total: Number.MAX_SAFE_INTEGER };
  let state: RuleState | null = null;
  return history.evaluations.map((evaluation, index) => {
    const { long, short } = windowsOf(evaluation);
    const isClear = isUndecided(history, { long, short }) || (long?.bad ?? 0) <= badByChance;
    state = evaluateRule(state, {
      at: index * alerts.evaluationInterval,
      rule,
      slo,
      budget: budgetPercent(slo, objective),
      minSamples: 1,
      long: isClear || long === null ? clear : rounded(long),
      short: isClear || short === null ? clear : rounded(short),
      doubt: null,
      rememberResolvedMs: alerts.notify.repeatInterval,
    });
    return stateOf(state.state);
  });
}

function isUndecided({ slo, alerts }: AlertHistory, { long, short }: Windows): boolean {
  const needed = minimumSamples(slo, alerts.minimumSamples);
  return (long?.total ?? 0) < needed || (short?.total ?? 0) === 0;
}

/** As the generated rules do. It changes no ratio of fewer than ten million events. */
const rounded = ({ bad, total }: Share): Share => ({
  bad: Math.round((bad / total) * 1e8),
  total: 1e8,
});

/** A resolved alert is remembered for a while by ours; it is over all the same. */
const stateOf = (state: RuleState['state']): State => (state === 'resolved' ? 'inactive' : state);

function isSame(one: Share | null, other: Share | null, within: number): boolean {
  if (one === null || other === null) return one === other;
  const near = (left: number, right: number): boolean =>
    Math.abs(left - right) <= within * Math.max(1, Math.abs(one.total));
  return near(one.bad, other.bad) && near(one.total, other.total);
}

const show = (share: Share | null): string =>
  share === null
    ? 'nothing'
    : `${Number(share.bad.toFixed(6))} of ${Number(share.total.toFixed(6))}`;

const nameOf = ({ recording, alert }: AlertHistory): string => `${recording} ${alert}`;

/** The first fault of each alert; `look` answers one or null for each evaluation. */
function firstOfEach(
  histories: readonly AlertHistory[],
  look: (history: AlertHistory) => (string | null)[],
): string[] {
  return histories.flatMap((history) => {
    const faults = look(history);
    const index = faults.findIndex((fault) => fault !== null);
    return index === -1
      ? []
      : [`${nameOf(history)} at evaluation ${index}: ${faults[index] ?? ''}`];
  });
}
