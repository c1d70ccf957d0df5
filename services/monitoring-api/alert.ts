import { createHash } from 'node:crypto';
import type { ActiveAlert, SloName } from '../../activities/contracts/monitoring.contract.js';
import { alertName } from '../../configuration/alert-names.js';
import type { AlertRule } from '../../configuration/alerts.schema.js';
import type { Slo } from '../../configuration/services.schema.js';
import type { AlertState } from './alert-state.js';
import { formatDuration } from './format-duration.js';
import type { RuleState } from './rules.js';
import { budgetPercent } from './slo.js';

/** An alert as it is shown and sent. */
export interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing' | 'resolved';
  /** Epoch milliseconds. */
  readonly startsAt: number;
  readonly endsAt: number | null;
  /** Hash of the labels: the same for every later alert of this rule, service and SLO. */
  readonly fingerprint: string;
}

export interface AlertSubject {
  readonly rule: AlertRule;
  readonly service: string;
  readonly slo: SloName;
  readonly objective: Slo;
}

/** The alert a rule's state stands for; null when it stands for none. */
export function alertOf(watched: {
  readonly subject: AlertSubject;
  readonly state: RuleState | null;
}): Alert | null {
  const { subject, state } = watched;
  if (state === null) return null;
  const { rule, service, slo } = subject;
  const labels = {
    alertname: alertName(slo, rule),
    automation: rule.automation,
    rule: rule.name,
    service,
    severity: rule.severity,
    slo,
  };
  return raise(state, labels, () => ({
    summary: summarize(subject, state),
    description: describe(subject),
  }));
}

/** The alert with these labels that is in this state; null when it is inactive. */
export function raise(
  { state, since, activeAt }: AlertState,
  labels: Alert['labels'],
  annotate: () => Alert['annotations'],
): Alert | null {
  if (state === 'inactive' || activeAt === null) return null;
  return {
    labels,
    annotations: annotate(),
    state,
    startsAt: activeAt,
    endsAt: state === 'resolved' ? since : null,
    fingerprint: fingerprintOf(labels),
  };
}

export function toActiveAlert(alert: Alert): ActiveAlert {
  const { labels, state } = alert;
  return {
    alertname: labels['alertname'] ?? '',
    service: labels['service'] ?? '',
    slo: (labels['slo'] as SloName | undefined) ?? null,
    severity: labels['severity'] === 'critical' ? 'critical' : 'warning',
    state,
    since: new Date(alert.startsAt).toISOString(),
    summary: alert.annotations['summary'] ?? '',
  };
}

/** 16 hexadecimal digits over the sorted labels. */
export function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 16);
}

/** What counts as bad for an SLO, for people: `requests slower than 500 ms`. */
export function badEvents(slo: SloName, objective: Slo): string {
  switch (slo) {
    case 'latency-p95':
      return `requests slower than ${objective.latencyP95Ms} ms`;
    case 'error-rate':
      return 'requests answered 5xx';
    case 'availability':
      return 'failed probes';
  }
}

function summarize({ rule, service, slo, objective }: AlertSubject, state: RuleState): string {
  const budget = budgetPercent(slo, objective);
  const { long, short } = state.lastEvaluation;
  const percent = (burn: number | null): string =>
    burn === null ? 'no data' : `${Number((burn * budget).toPrecision(3))} %`;
  const windows = [
    `${percent(long)} in ${formatDuration(rule.longWindow)}`,
    `${percent(short)} in ${formatDuration(rule.shortWindow)}`,
  ];
  const note = state.note === null ? '' : `; not decided now: ${state.note}`;
  return `${service}: ${badEvents(slo, objective)} ${windows.join(', ')}; ${budget} % allowed${note}`;
}

function describe({ rule, slo, objective }: AlertSubject): string {
  return (
    `Fires when ${badEvents(slo, objective)} exceed ${rule.burnRate} times their budget of ` +
    `${budgetPercent(slo, objective)} % in the last ${formatDuration(rule.longWindow)} and in the last ` +
    `${formatDuration(rule.shortWindow)}.`
  );
}
