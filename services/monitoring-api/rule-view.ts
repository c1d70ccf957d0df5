import type { SloName } from '../../activities/contracts/monitoring.contract.js';
import { alertName } from '../../configuration/alert-names.js';
import type { AlertState } from './alert-state.js';
import type { AlertSubject } from './alert.js';
import type { RuleState } from './rules.js';

/** One rule for one SLO of one service, as `/monitoring/alerts` shows it. Times are ISO 8601. */
export interface RuleView {
  readonly name: string;
  readonly service: string;
  /** Null for what is about monitoring itself. */
  readonly slo: SloName | null;
  readonly state: AlertState['state'];
  readonly since: string | null;
  readonly lastEvaluation: {
    readonly at: string;
    readonly long: number | null;
    readonly short: number | null;
  } | null;
  /** Why the last evaluation decided nothing, or what cannot be seen. */
  readonly note?: string;
}

/** `state`: null before the first evaluation. */
export function ruleView(watched: {
  readonly subject: AlertSubject;
  readonly state: RuleState | null;
}): RuleView {
  const { rule, service, slo } = watched.subject;
  return viewOf({ name: alertName(slo, rule), service, slo }, watched.state);
}

export function viewOf(
  rule: Pick<RuleView, 'name' | 'service' | 'slo'>,
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
