import { alertName, isForPeople } from '../../configuration/alert-names.js';
import type { Configuration } from '../../configuration/load-configuration.js';
import type { AlertEvent } from '../../workflows/messages.js';
import { toPlainText } from '../shared/http/plain-text.js';
import type { AlertReport } from './alert-payload.schema.js';

const slos = ['latency-p95', 'error-rate', 'availability'] as const;

interface KnownAlert {
  readonly slo: string;
  readonly severity: 'critical' | 'warning';
  readonly automation: 'allowed' | 'manual';
}

/** What our own configuration can raise, and for whom: alerts of other origin are not ours to answer. */
export interface AlertCatalogue {
  readonly alerts: ReadonlyMap<string, KnownAlert>;
  readonly services: ReadonlySet<string>;
}

export function createAlertCatalogue(
  configuration: Pick<Configuration, 'alerts' | 'services'>,
): AlertCatalogue {
  const alerts = configuration.alerts.rules.flatMap((rule) =>
    slos.map((slo) => [alertName(slo, rule), { slo, ...rule }] as const),
  );
  return { alerts: new Map(alerts), services: new Set(Object.keys(configuration.services)) };
}

export type IgnoreReason = 'unknown-alert' | 'unknown-service' | 'manual' | 'no-open-incident';

export type ClassifiedAlert =
  | { readonly kind: 'for-incident'; readonly service: string; readonly event: AlertEvent }
  | { readonly kind: 'ignored'; readonly alertname: string; readonly reason: IgnoreReason };

/** Whether an alert concerns an incident, and as what event. */
export function classifyAlert(
  report: AlertReport,
  catalogue: AlertCatalogue,
  context: { readonly source: string; readonly receivedAt: string },
): ClassifiedAlert {
  const { labels, annotations, status, startsAt, fingerprint } = report;
  const alertname = labels['alertname'] ?? '';
  const ignored = (reason: IgnoreReason): ClassifiedAlert => ({
    kind: 'ignored',
    alertname: cut(alertname, 200),
    reason,
  });
  const known = catalogue.alerts.get(alertname);
  if (known === undefined) {
    return ignored(isForPeople(alertname) ? 'manual' : 'unknown-alert');
  }
  const service = labels['service'] ?? '';
  if (!catalogue.services.has(service)) return ignored('unknown-service');
  // A sender may keep an alert from the operator, never hand one over that is a person's.
  if ([labels['automation'], known.automation].includes('manual')) return ignored('manual');
  const summary = annotations['summary'] ?? annotations['description'] ?? `${alertname} ${service}`;
  const event: AlertEvent = {
    key: `${fingerprint}|${status}|${startsAt}`,
    status,
    alertname,
    slo: readSlo(labels['slo']) ?? known.slo,
    severity: readSeverity(labels['severity']) ?? known.severity,
    startsAt: new Date(startsAt).toISOString(),
    receivedAt: context.receivedAt,
    summary: toPlainText(cut(summary, 500)),
    source: context.source,
  };
  return { kind: 'for-incident', service, event };
}

/** At most `length` characters; a surrogate pair is not cut in halves. */
const cut = (text: string, length: number): string => text.slice(0, length).replace(/\p{Cs}$/u, '');

const readSlo = (label: string | undefined): string | null =>
  slos.find((slo) => slo === label) ?? null;

const readSeverity = (label: string | undefined): 'critical' | 'warning' | null =>
  label === 'critical' || label === 'warning' ? label : null;
