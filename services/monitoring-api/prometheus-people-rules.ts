import { backlogAlertName, blindAlertName } from '../../configuration/alert-names.js';
import type { AlertSettings } from '../../configuration/alerts.schema.js';
import type { ServiceSettings } from '../../configuration/services.schema.js';
import { backlogDescription } from './backlog-alert.js';
import { blindDescription, blindTiming } from './blind-alert.js';
import { labelsForPeople } from './for-people.js';
import { formatDuration } from './format-duration.js';
import type { AlertingRule } from './prometheus-rule.js';
import { staleProbeMs } from './service-health.js';

// The generated rules that are about no objective, all for people.

/** What waits fails no caller, so no objective tells of it. Every pod tells of the same queue. */
export function backlogAlert(
  service: string,
  { oldest: { metric, limit } }: NonNullable<ServiceSettings['queue']>,
  { verdictWindow }: Pick<AlertSettings, 'verdictWindow'>,
): AlertingRule {
  const limitSeconds = limit / 1_000;
  return {
    alert: backlogAlertName,
    expr: `max by (service) (${metric}{service="${service}",pod!=""}) > ${limitSeconds}`,
    keep_firing_for: formatDuration(verdictWindow),
    labels: labelsForPeople(service),
    annotations: {
      summary: `${service}: work waits for too long: the oldest for {{ printf "%.0f" $value }} s, ${limitSeconds} s are allowed`,
      description: backlogDescription(limitSeconds),
    },
  };
}

/** About monitoring itself: for people, never for the operator. They carry no `slo` label. */
export function metaAlerts(services: readonly string[], alerts: AlertSettings): AlertingRule[] {
  // A counter of probes that stands still. A range needs two scrapes to tell.
  const still = formatDuration(Math.max(staleProbeMs(alerts), 3 * alerts.scrapeInterval));
  const blind = services.map((service): AlertingRule => {
    const down = `up{service="${service}",pod!=""} == 0`;
    return {
      alert: blindAlertName,
      // All of it by the label `service` alone, so that it is one alert whatever is not seen.
      expr: [
        `absent(http_requests_total{service="${service}"})`,
        `or count by (service) (${down})`,
        `or absent(probe_requests_total{service="${service}"})`,
        `or sum by (service) (increase(probe_requests_total{service="${service}"}[${still}])) == 0`,
      ].join('\n'),
      for: formatDuration(blindTiming.for),
      keep_firing_for: formatDuration(blindTiming.keepFiringFor),
      labels: labelsForPeople(service),
      annotations: {
        summary: `${service}: not all is seen{{ with query \`${down}\` }}: no metrics from pods{{ range . }} {{ .Labels.pod }}{{ end }}{{ end }}`,
        description: blindDescription,
      },
    };
  });
  return [
    ...blind,
    {
      alert: 'Watchdog',
      expr: 'vector(1)',
      labels: { automation: 'manual', severity: 'none' },
      annotations: {
        summary: 'Alerting works',
        description:
          'Fires always. Whoever no longer hears it knows that alerts do not get through.',
      },
    },
  ];
}
