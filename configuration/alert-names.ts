import type { AlertSettings } from './alerts.schema.js';

const prefixes = {
  'latency-p95': 'LatencyP95',
  'error-rate': 'ErrorRate',
  availability: 'Availability',
} as const;

/** Name of the alert a rule raises for an SLO: `LatencyP95FastBurn`. */
export function alertName(slo: keyof typeof prefixes, rule: { readonly name: string }): string {
  return `${prefixes[slo]}${rule.name}`;
}

/** Says that monitoring does not see all of a service: about no objective, and a person's. */
export const blindAlertName = 'MonitoringBlind';

/** Says that a service's work for others has waited for too long: no caller has seen a failure, and it is a person's. */
export const backlogAlertName = 'BacklogTooOld';

/** Alerts that no rule of alerts.yml raises, all for people. */
export const isForPeople = (name: string): boolean =>
  name === blindAlertName || name === backlogAlertName;

/** Every alert name the rules can raise: others are not ours to answer. */
export function knownAlertNames(configuration: {
  readonly alerts: Pick<AlertSettings, 'rules'>;
}): string[] {
  return configuration.alerts.rules.flatMap((rule) =>
    (Object.keys(prefixes) as (keyof typeof prefixes)[]).map((slo) => alertName(slo, rule)),
  );
}
