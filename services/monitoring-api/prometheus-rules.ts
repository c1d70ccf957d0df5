import { alertName } from '../../configuration/alert-names.js';
import type { AlertRule, AlertSettings } from '../../configuration/alerts.schema.js';
import { effectiveSlo } from '../../configuration/effective-slo.js';
import type { ServiceSettings, Slo } from '../../configuration/services.schema.js';
import type { SloName } from '../../activities/contracts/monitoring.contract.js';
import { badEvents } from './alert.js';
import { formatDuration } from './format-duration.js';
import { backlogAlert, metaAlerts } from './prometheus-people-rules.js';
import type { AlertingRule, RecordingRule, RuleGroup } from './prometheus-rule.js';
import { badByChance, budgetPercent, minimumSamples, sloNames } from './slo.js';

export interface RulesConfiguration {
  readonly services: Readonly<Record<string, ServiceSettings>>;
  readonly alerts: AlertSettings;
}

/**
 * The same objectives and alerts as monitoring-api's own, for Prometheus 2.42 and later: one group per service and
 * SLO. Availability comes from the probes that monitoring-api counts; everything else from the pods themselves.
 */
export function prometheusRules(configuration: RulesConfiguration): { groups: RuleGroup[] } {
  const interval = formatDuration(configuration.alerts.evaluationInterval);
  const services = Object.keys(configuration.services).sort();
  return {
    groups: [
      ...services.flatMap((service) =>
        sloNames.map((slo) => ({
          name: `${service}-${slo}`,
          interval,
          rules: sloRules(configuration.alerts, {
            service,
            slo,
            objective: effectiveSlo(configuration, service),
          }),
        })),
      ),
      ...services.flatMap((service) => {
        const queue = configuration.services[service]?.queue;
        if (queue === undefined) return [];
        return [
          {
            name: `${service}-backlog`,
            interval,
            rules: [backlogAlert(service, queue, configuration.alerts)],
          },
        ];
      }),
      { name: 'monitoring-itself', interval, rules: metaAlerts(services, configuration.alerts) },
    ],
  };
}

interface Subject {
  readonly service: string;
  readonly slo: SloName;
  readonly objective: Slo;
}

function sloRules(alerts: AlertSettings, subject: Subject): RuleGroup['rules'] {
  const { service, slo, objective } = subject;
  const objectiveWindow = objective.windowMinutes * 60_000;
  const windows = new Set([
    ...alerts.rules.flatMap(({ longWindow, shortWindow }) => [shortWindow, longWindow]),
    alerts.verdictWindow,
    objectiveWindow,
  ]);
  const budget = decimal(budgetPercent(slo, objective) / 100);
  const labels = { service, slo };
  return [
    { record: 'slo:budget', expr: `vector(${budget})`, labels },
    ...[...windows]
      .sort((one, other) => one - other)
      .flatMap((window) => recordings(subject, formatDuration(window))),
    {
      record: 'slo:budget_left',
      expr: `1 - ${series('slo:bad:ratio', subject, formatDuration(objectiveWindow))} / ${budget}`,
      labels,
    },
    ...alerts.rules.map((rule) =>
      sloAlert(rule, subject, minimumSamples(slo, alerts.minimumSamples)),
    ),
  ];
}

/**
 * Bad and all events of a window, and their ratio: no sample without events, since NaN would poison what builds on it.
 * It is rounded, since the last bits of an estimate would else decide whether a limit is met exactly. To 1e-8: the
 * inverse of 1e-9, by which `round` multiplies, is no whole number in floating point.
 */
function recordings(subject: Subject, window: string): RecordingRule[] {
  const { service, slo } = subject;
  const labels = { service, slo, window };
  const { bad, total } = events(subject, window);
  const recorded = [
    { record: 'slo:bad:increase', expr: bad, labels },
    { record: 'slo:total:increase', expr: total, labels },
    {
      record: 'slo:bad:ratio',
      expr: `round(${series('slo:bad:increase', subject, window)} / (${series('slo:total:increase', subject, window)} > 0), 1e-8)`,
      labels,
    },
  ];
  if (slo !== 'latency-p95') return recorded;
  // For people only: alerts count what is slower than the objective, since quantiles cannot be added up.
  const buckets = `http_request_duration_seconds_bucket{service="${service}"}`;
  return [
    ...recorded,
    {
      record: 'slo:latency_p95:seconds',
      expr: `histogram_quantile(0.95, sum by (le) (rate(${buckets}[${window}])))`,
      labels,
    },
  ];
}

function events(
  { service, slo, objective }: Subject,
  window: string,
): { readonly bad: string; readonly total: string } {
  const increase = (metric: string, ...matchers: string[]): string =>
    `sum(increase(${metric}{${[`service="${service}"`, ...matchers].join(',')}}[${window}]))`;
  switch (slo) {
    case 'latency-p95': {
      const bucket = 'http_request_duration_seconds_bucket';
      const all = increase(bucket, 'le="+Inf"');
      return {
        bad: `${all} - ${increase(bucket, boundMatcher(objective.latencyP95Ms))}`,
        total: all,
      };
    }
    case 'error-rate':
      return {
        // A service that never failed may have no series of failures.
        bad: `${increase('http_requests_total', 'status=~"5..|499"')} or vector(0)`,
        total: increase('http_requests_total'),
      };
    case 'availability':
      return {
        bad: increase('probe_requests_total', 'result="failed"'),
        total: increase('probe_requests_total'),
      };
  }
}

/** Prometheus 3 writes whole bounds as `1.0`, Prometheus 2 as `1`. */
function boundMatcher(boundMs: number): string {
  const seconds = boundMs / 1_000;
  return Number.isInteger(seconds) ? `le=~"${seconds}(\\\\.0)?"` : `le="${seconds}"`;
}

function sloAlert(rule: AlertRule, subject: Subject, minSamples: number): AlertingRule {
  const { service, slo, objective } = subject;
  const long = formatDuration(rule.longWindow);
  const short = formatDuration(rule.shortWindow);
  const budget = budgetPercent(slo, objective);
  // "Below 1 %" is broken by exactly 1 %; a multiple of the budget is not.
  const above = slo === 'error-rate' && rule.burnRate <= 1 ? '>=' : '>';
  const limit = decimal((budget * rule.burnRate) / 100);
  const on = 'and on (service, slo)';
  return {
    alert: alertName(slo, rule),
    expr: [
      // Without the label `window`, so that the alert has the same labels as monitoring-api's own.
      `max by (service, slo) (${series('slo:bad:ratio', subject, long)}) ${above} ${limit}`,
      `${on} ${series('slo:bad:ratio', subject, short)} ${above} ${limit}`,
      `${on} ${series('slo:total:increase', subject, long)} >= ${minSamples}`,
      `${on} ${series('slo:bad:increase', subject, long)} > ${badByChance}`,
    ].join('\n'),
    ...(rule.for === 0 ? {} : { for: formatDuration(rule.for) }),
    ...(rule.keepFiringFor === 0 ? {} : { keep_firing_for: formatDuration(rule.keepFiringFor) }),
    labels: { automation: rule.automation, rule: rule.name, service, severity: rule.severity, slo },
    annotations: {
      summary: `${service}: ${badEvents(slo, objective)} {{ $value | humanizePercentage }} in ${long}; ${budget} % allowed`,
      description: `More than ${rule.burnRate} times the budget of ${budget} % in the last ${long} and in the last ${short}.`,
    },
  };
}

const series = (name: string, { service, slo }: Subject, window: string): string =>
  `${name}{service="${service}",slo="${slo}",window="${window}"}`;

/** 0.06, never 0.060000000000000005. */
const decimal = (value: number): string => String(Number(value.toPrecision(12)));
