import type { SloName } from '../../activities/contracts/monitoring.contract.js';
import type { AlertRule } from '../../configuration/alerts.schema.js';
import { badByChance, burnRateOf, exceeds } from './slo.js';
import type { Share } from './slo.js';

/** State of one rule for one SLO of one service. Times are epoch milliseconds. */
export interface RuleState {
  readonly state: 'inactive' | 'pending' | 'firing' | 'resolved';
  /** When it entered this state. */
  readonly since: number;
  /** When the condition of the present or last alert began to hold: the alert's `startsAt`. */
  readonly activeAt: number | null;
  /** While firing: since when the condition no longer holds. */
  readonly clearSince: number | null;
  /** Burn rates of the last evaluation; null without data. */
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
 * One step of inactive → pending → firing → resolved. Too little data neither fires an alert nor resolves one, and what
 * cannot be seen resolves none: a silent service is not a recovered one.
 */
export function evaluateRule(before: RuleState | null, input: RuleInput): RuleState {
  const { at, rule, budget } = input;
  const verdict = judge(input);
  const seen = {
    lastEvaluation: {
      at,
      long: burnRateOf(input.long, budget),
      short: burnRateOf(input.short, budget),
    },
    note: verdict.kind === 'unknown' ? verdict.why : null,
  };
  const stay = (state: RuleState): RuleState => ({ ...state, ...seen });
  const enter = (state: RuleState['state'], activeAt: number | null): RuleState => ({
    state,
    since: at,
    activeAt,
    clearSince: null,
    ...seen,
  });
  const begin = (): RuleState => enter(rule.for === 0 ? 'firing' : 'pending', at);

  const state = before ?? enter('inactive', null);
  switch (state.state) {
    case 'inactive':
      return verdict.kind === 'burning' ? begin() : stay(state);
    case 'pending':
      if (verdict.kind === 'clear') return enter('inactive', null);
      return verdict.kind === 'burning' && at - state.since >= rule.for
        ? enter('firing', state.activeAt)
        : stay(state);
    case 'firing': {
      if (verdict.kind !== 'clear') return { ...stay(state), clearSince: null };
      const clearSince = state.clearSince ?? at;
      return at - clearSince >= rule.keepFiringFor
        ? enter('resolved', state.activeAt)
        : { ...stay(state), clearSince };
    }
    case 'resolved':
      if (verdict.kind === 'burning') return begin();
      return at - state.since >= input.rememberResolvedMs ? enter('inactive', null) : stay(state);
  }
}

type Judgement = { kind: 'burning' } | { kind: 'clear' } | { kind: 'unknown'; why: string };

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
  if (burning) return { kind: 'burning' };
  return doubt === null ? { kind: 'clear' } : { kind: 'unknown', why: doubt };
}
