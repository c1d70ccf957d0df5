import type { Backlog } from '../../activities/contracts/monitoring.contract.js';
import { backlogAlertName } from '../../configuration/alert-names.js';
import type { Milliseconds } from '../../configuration/duration.schema.js';
import { stepAlert } from './alert-state.js';
import type { AlertState } from './alert-state.js';
import { raise } from './alert.js';
import type { Alert } from './alert.js';
import { describeBacklog, isTooOld } from './backlog.js';
import { labelsForPeople } from './for-people.js';
import { formatDuration } from './format-duration.js';
import { viewOf } from './rule-view.js';
import type { RuleView } from './rule-view.js';

export const backlogDescription = (limitSeconds: number): string =>
  `Fires when the oldest work that a service has accepted waits for longer than ${formatDuration(limitSeconds * 1_000)}. ` +
  `Its callers see no failure. Look whether what it sends to answers, or an isolation keeps work back.`;

/** Whether the work of a service waits for too long. */
export interface BacklogState extends AlertState {
  /** Of the last evaluation, epoch milliseconds. */
  readonly evaluatedAt: number;
  readonly backlog: Backlog;
}

/** What is not known neither fires nor resolves. */
export function evaluateBacklog(
  before: BacklogState | null,
  {
    at,
    backlog,
    ...durations
  }: {
    readonly at: number;
    readonly backlog: Backlog;
    /** Within the limit for so long: a queue that is worked off may be over it and under it in turn. */
    readonly keepFiringFor: Milliseconds;
    readonly rememberResolvedMs: Milliseconds;
  },
): BacklogState {
  const tooOld = isTooOld(backlog);
  const condition = tooOld === null ? 'unknown' : tooOld ? 'holds' : 'clear';
  // The limit is a time already.
  const timing = { for: 0, keepFiringFor: durations.keepFiringFor };
  const { rememberResolvedMs } = durations;
  return {
    ...stepAlert(before, { at, condition, timing, rememberResolvedMs }),
    evaluatedAt: at,
    backlog,
  };
}

/** The alert that people get; null while there is none. */
export function backlogAlertOf(service: string, state: BacklogState | null): Alert | null {
  if (state === null) return null;
  return raise(state, { alertname: backlogAlertName, ...labelsForPeople(service) }, () => ({
    summary: `${service}: ${describeBacklog(state.backlog)}`,
    description: backlogDescription(state.backlog.limitSeconds),
  }));
}

export function backlogView(service: string, state: BacklogState): RuleView {
  const { backlog, evaluatedAt } = state;
  return viewOf(
    {
      name: backlogAlertName,
      ...labelsForPeople(service),
      slo: null,
      limit: backlog.limitSeconds,
      unit: 'seconds',
      windows: null,
    },
    {
      ...state,
      lastEvaluation: { at: evaluatedAt, long: null, short: null },
      note: describeBacklog(backlog),
    },
  );
}
