import { blindAlertName } from '../../configuration/alert-names.js';
import { stepAlert } from './alert-state.js';
import type { AlertState } from './alert-state.js';
import { raise } from './alert.js';
import type { Alert } from './alert.js';
import { labelsForPeople } from './for-people.js';
import { formatDuration } from './format-duration.js';
import { viewOf } from './rule-view.js';
import type { RuleView } from './rule-view.js';
import type { Gaps } from './service-health.js';

/** A rollout or a lost scrape passes sooner; whoever goes blind again and again is told once a minute at most. */
export const blindTiming = { for: 60_000, keepFiringFor: 60_000 } as const;

export const blindDescription =
  `Fires when a service's requests, its probes, or a pod that should answer could not be seen for ` +
  `${formatDuration(blindTiming.for)}. What is not seen fires no other alert, resolves none and proves nothing.`;

/** Whether all of a service is seen. */
export interface BlindState extends AlertState {
  /** Of the last evaluation, epoch milliseconds. */
  readonly evaluatedAt: number;
  /** What it did not see; null when it saw all. */
  readonly unseen: string | null;
}

export function evaluateBlindness(
  before: BlindState | null,
  { at, gaps, rememberResolvedMs }: { at: number; gaps: Gaps; rememberResolvedMs: number },
): BlindState {
  const reasons = [gaps.requests, gaps.pods, gaps.probes].filter((reason) => reason !== null);
  const condition = reasons.length === 0 ? 'clear' : 'holds';
  return {
    ...stepAlert(before, { at, condition, timing: blindTiming, rememberResolvedMs }),
    evaluatedAt: at,
    unseen: reasons.length === 0 ? null : reasons.join('; '),
  };
}

/** The alert that people get; null while there is none. */
export function blindAlertOf(service: string, state: BlindState | null): Alert | null {
  if (state === null) return null;
  const { unseen } = state;
  return raise(state, { alertname: blindAlertName, ...labelsForPeople(service) }, () => ({
    summary: `${service}: ${unseen === null ? 'all is seen again' : `not all is seen: ${unseen}`}`,
    description: blindDescription,
  }));
}

/** `state`: null before the first evaluation. */
export function blindView(service: string, state: BlindState | null): RuleView {
  const lastEvaluation = { at: state?.evaluatedAt ?? 0, long: null, short: null };
  return viewOf(
    {
      name: blindAlertName,
      ...labelsForPeople(service),
      slo: null,
      limit: null,
      unit: null,
      windows: null,
    },
    state === null ? null : { ...state, lastEvaluation, note: state.unseen },
  );
}
