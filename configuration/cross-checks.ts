import type { AlertSettings } from './alerts.schema.js';
import { closestName } from './closest-name.js';
import type { Milliseconds } from './duration.schema.js';
import { effectiveSlo } from './effective-slo.js';
import { latencyBucketsMs } from './latency-buckets.js';
import type { Path } from './layered-yaml.js';
import type { Policy } from './policy.schema.js';
import type { ServiceSettings } from './services.schema.js';

export interface CrossFault {
  readonly file: 'services.yml' | 'alerts.yml' | 'policy.yml';
  readonly path: Path;
  readonly message: string;
}

/** Fewer scrapes in a window cannot tell a burn from one odd reading. */
const scrapesPerWindow = 3;

/** What no single file can know: that names meet, that thresholds can be measured, that one time fits in another. */
export function crossCheck(configuration: {
  readonly services: Readonly<Record<string, ServiceSettings>>;
  readonly alerts: AlertSettings;
  readonly policy: Policy;
}): CrossFault[] {
  return [
    ...checkObjectives(configuration.services, configuration.alerts),
    ...checkAlerts(configuration.alerts),
    ...checkPolicy(configuration.policy),
  ];
}

function checkObjectives(
  services: Readonly<Record<string, ServiceSettings>>,
  alerts: AlertSettings,
): CrossFault[] {
  const known = Object.keys(services);
  const strangers = Object.keys(alerts.objectives).filter((service) => !known.includes(service));
  return [
    ...strangers.map((service): CrossFault => {
      const closest = closestName(service, known);
      return {
        file: 'alerts.yml',
        path: ['objectives', service],
        message: `unknown service; ${closest === null ? `known: ${known.join(', ')}` : `did you mean ${closest}?`}`,
      };
    }),
    ...known.flatMap((service): CrossFault[] => {
      const { latencyP95Ms } = effectiveSlo({ services, alerts }, service);
      if (latencyBucketsMs.some((bound) => bound === latencyP95Ms)) return [];
      const overridden = alerts.objectives[service]?.latencyP95Ms !== undefined;
      return [
        {
          file: overridden ? 'alerts.yml' : 'services.yml',
          path: overridden
            ? ['objectives', service, 'latencyP95Ms']
            : ['services', service, 'slo', 'latencyP95Ms'],
          message: `${latencyP95Ms} ms is no bound of the latency histogram, so it cannot be measured exactly; choose one of ${latencyBucketsMs.join(', ')}`,
        },
      ];
    }),
  ];
}

function checkAlerts(alerts: AlertSettings): CrossFault[] {
  const at = (path: Path, message: string): CrossFault => ({ file: 'alerts.yml', path, message });
  const shortest = scrapesPerWindow * alerts.scrapeInterval;
  const names = alerts.rules.map((rule) => rule.name);
  const intervals = [
    'scrapeInterval',
    'evaluationInterval',
    'probeInterval',
    'probeTimeout',
  ] as const;
  const window = (path: Path, length: Milliseconds): CrossFault[] =>
    length >= shortest
      ? []
      : [
          at(
            path,
            `${length} ms holds fewer than ${scrapesPerWindow} scrapes; make it at least ${shortest} ms or shorten scrapeInterval`,
          ),
        ];
  // One probe of a window may fall just outside it.
  const probes = Math.floor(alerts.verdictWindow / Math.max(alerts.probeInterval, 1)) - 1;
  return [
    ...intervals
      .filter((key) => alerts[key] === 0)
      .map((key) => at([key], 'must be longer than 0; write for example 5s')),
    ...window(['verdictWindow'], alerts.verdictWindow),
    ...(alerts.minimumSamples.availability > probes
      ? [
          at(
            ['minimumSamples', 'availability'],
            `only ${probes} probes are certain to fit in verdictWindow, so availability would never be proven; lower it or shorten probeInterval`,
          ),
        ]
      : []),
    ...(alerts.probeTimeout >= alerts.verdictWindow
      ? [at(['probeTimeout'], 'must be shorter than verdictWindow')]
      : []),
    ...alerts.rules.flatMap((rule, index) => [
      ...(names.indexOf(rule.name) === index
        ? []
        : [
            at(['rules', index, 'name'], `${rule.name} is used twice; give each rule its own name`),
          ]),
      ...(rule.shortWindow < rule.longWindow
        ? []
        : [at(['rules', index, 'shortWindow'], 'must be shorter than longWindow')]),
      ...window(['rules', index, 'shortWindow'], rule.shortWindow),
    ]),
    ...(alerts.notify.timeout === 0 || alerts.notify.timeout >= alerts.notify.repeatInterval
      ? [at(['notify', 'timeout'], 'must be longer than 0 and shorter than notify.repeatInterval')]
      : []),
  ];
}

function checkPolicy({ confirm, act, verify, runbooks, decide }: Policy): CrossFault[] {
  const at = (path: Path, message: string): CrossFault => ({ file: 'policy.yml', path, message });
  const within = (
    phase: string,
    key: string,
    value: Milliseconds,
    limitKey: string,
    limit: Milliseconds,
  ) => (value < limit ? [] : [at([phase, key], `must be shorter than ${phase}.${limitKey}`)]);
  const positive = (path: Path, value: Milliseconds) =>
    value > 0 ? [] : [at(path, 'must be longer than 0; write for example 2s')];
  return [
    ...positive(['confirm', 'pollInterval'], confirm.pollInterval),
    ...positive(['act', 'pollInterval'], act.pollInterval),
    ...positive(['verify', 'pollInterval'], verify.pollInterval),
    ...within('confirm', 'confirmFor', confirm.confirmFor, 'deadline', confirm.deadline),
    ...within('confirm', 'healthyHold', confirm.healthyHold, 'deadline', confirm.deadline),
    ...within('confirm', 'pollInterval', confirm.pollInterval, 'deadline', confirm.deadline),
    ...within('act', 'pollInterval', act.pollInterval, 'lockDeadline', act.lockDeadline),
    ...within('verify', 'holdFor', verify.holdFor, 'deadline', verify.deadline),
    ...within('verify', 'pollInterval', verify.pollInterval, 'deadline', verify.deadline),
    ...Object.entries(runbooks).flatMap(([name, { rolloutTimeout }]) =>
      positive(['runbooks', name, 'rolloutTimeout'], rolloutTimeout),
    ),
    ...decide.tiers.flatMap(({ within: time }, index) =>
      positive(['decide', 'tiers', index, 'within'], time),
    ),
  ];
}
