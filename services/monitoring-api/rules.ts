import type { SloName } from '../../activities/contracts/monitoring.contract.js';
import type { AlertRule } from '../../configuration/alerts.schema.js';
import { stepAlert } from './alert-state.js';
import type { AlertState } from './alert-state.js';
import { badByChance, burnRateOf, exceeds } from './slo.js';
import type { Share } from './slo.js';

/** State of one rule for one SLO of one service. */
export interface RuleState extends AlertState {
  /** Burn rates of the last evaluation; null without data. `at`: epoch milliseconds. */
  readonly lastEvaluation: {
    readonly at: number;
    readonly long: number | null;
    readonly short: number | null;
  };
  /** Why the last evaluation decided nothing; null when it did. */
  readonly note: string | null;
}

export interface RuleInput {
  readonly at: number;
  readonly rule: AlertRule;
  readonly slo: SloName;
  /** Share of bad events the SLO allows, percent. */
  readonly budget: number;
  readonly minSamples: number;
  readonly long: Share;
  readonly short: Share;
  /** Why calm numbers prove nothing, though bad ones do; null when both do. */
  readonly doubt: string | null;
  /** How long a resolved alert stays in view before it is forgotten. */
  readonly rememberResolvedMs: number;
}

/**
 * One evaluation of a rule. Too little data neither fires an alert nor resolves one, and what cannot be seen resolves
 * none: a silent service is not a recovered one.
 */
export function evaluateRule(before: RuleState | null, input: RuleInput): RuleState {
  const { at, rule, budget, rememberResolvedMs } = input;
  const verdict = judge(input);
  return {
    ...stepAlert(before, { at, condition: verdict.kind, timing: rule, rememberResolvedMs }),
    lastEvaluation: {
      at,
      long: burnRateOf(input.long, budget),
      short: burnRateOf(input.short, budget),
    },
    note: verdict.kind === 'unknown' ? verdict.why : null,
  };
}

type Judgement = { kind: 'holds' } | { kind: 'clear' } | { kind: 'unknown'; why: string };

function judge(input: RuleInput): Judgement {
  const { rule, slo, budget, minSamples, long, short, doubt } = input;
  if (long.total < minSamples) {
    return {
      kind: 'unknown',
      why: `${long.total} samples in the long window, ${minSamples} needed`,
    };
  }
  if (short.total === 0) return { kind: 'unknown', why: 'no samples in the short window' };
  const burning =
    long.bad > badByChance &&
    exceeds(slo, long, budget, rule.burnRate) &&
    exceeds(slo, short, budget, rule.burnRate);
  if (burning) return { kind: 'holds' };
  return doubt === null ? { kind: 'clear' } : { kind: 'unknown', why: doubt };
}
