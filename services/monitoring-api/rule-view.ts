import type { SloName } from '../../activities/contracts/monitoring.contract.js';
import { alertName } from '../../configuration/alert-names.js';
import type { AlertState } from './alert-state.js';
import type { AlertSubject } from './alert.js';
import type { RuleState } from './rules.js';

/** One rule for one SLO of one service, as `/monitoring/alerts` shows it. Times are ISO 8601. */
export interface RuleView {
  readonly name: string;
  readonly service: string;
  /** Null for what is about no objective. */
  readonly slo: SloName | null;
  readonly severity: 'critical' | 'warning';
  readonly automation: 'allowed' | 'manual';
  /** Beyond it the rule holds; a burn rate of 1 spends exactly the budget. Null where there is nothing to measure. */
  readonly limit: number | null;
  readonly unit: 'burn-rate' | 'seconds' | null;
  /** In which the burn rates are measured; null for what is measured at an instant. */
  readonly windows: { readonly longMs: number; readonly shortMs: number } | null;
  readonly state: AlertState['state'];
  readonly since: string | null;
  readonly lastEvaluation: {
    readonly at: string;
    readonly long: number | null;
    readonly short: number | null;
  } | null;
  /** Why the last evaluation decided nothing, what cannot be seen, or how old waiting work is. */
  readonly note?: string;
}

/** `state`: null before the first evaluation. */
export function ruleView(watched: {
  readonly subject: AlertSubject;
  readonly state: RuleState | null;
}): RuleView {
  const { rule, service, slo } = watched.subject;
  const { severity, automation, longWindow: longMs, shortWindow: shortMs } = rule;
  return viewOf(
    {
      name: alertName(slo, rule),
      service,
      slo,
      severity,
      automation,
      limit: rule.burnRate,
      unit: 'burn-rate',
      windows: { longMs, shortMs },
    },
    watched.state,
  );
}

export function viewOf(
  rule: Omit<RuleView, 'state' | 'since' | 'lastEvaluation' | 'note'>,
  state: RuleState | null,
): RuleView {
  if (state === null) return { ...rule, state: 'inactive', since: null, lastEvaluation: null };
  const { lastEvaluation, note } = state;
  return {
    ...rule,
    state: state.state,
    since: iso(state.since),
    lastEvaluation: { ...lastEvaluation, at: iso(lastEvaluation.at) },
    ...(note === null ? {} : { note }),
  };
}

const iso = (at: number): string => new Date(at).toISOString();
