import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { knownAlertNames } from '../../../../configuration/alert-names.js';
import { loadConfiguration } from '../../../../configuration/load-configuration.js';
import { alertmanagerConfig } from '../../../../services/monitoring-api/alertmanager-config.js';
import { backlogDescription } from '../../../../services/monitoring-api/backlog-alert.js';
import { monitoringFiles } from '../../../../services/monitoring-api/monitoring-files.js';
import { prometheusConfig } from '../../../../services/monitoring-api/prometheus-config.js';
import { prometheusRules } from '../../../../services/monitoring-api/prometheus-rules.js';

const production = loadConfiguration(['configuration']);
const local = loadConfiguration(['configuration', 'configuration/local']);

function rulesOf(group: string, configuration = production): Record<string, unknown>[] {
  const found = prometheusRules(configuration).groups.find(({ name }) => name === group);
  return (found?.rules ?? []).map((rule) => ({ ...rule }));
}

describe('prometheusRules', () => {
  test('raises the same alerts as monitoring-api, by the same names and labels', () => {
    const alerts = rulesOf('inventory-error-rate').filter((rule) => 'alert' in rule);
    expect(alerts.map(({ alert }) => alert)).toEqual(
      knownAlertNames(production).filter((name) => name.startsWith('ErrorRate')),
    );
    expect(alerts[0]).toEqual({
      alert: 'ErrorRateFastBurn',
      expr: [
        'max by (service, slo) (slo:bad:ratio{service="inventory",slo="error-rate",window="5m"}) > 0.06',
        'and on (service, slo) slo:bad:ratio{service="inventory",slo="error-rate",window="1m"} > 0.06',
        'and on (service, slo) slo:total:increase{service="inventory",slo="error-rate",window="5m"} >= 300',
        'and on (service, slo) slo:bad:increase{service="inventory",slo="error-rate",window="5m"} > 1.5',
      ].join('\n'),
      keep_firing_for: '2m',
      labels: {
        automation: 'allowed',
        rule: 'FastBurn',
        service: 'inventory',
        severity: 'critical',
        slo: 'error-rate',
      },
      annotations: {
        summary:
          'inventory: requests answered 5xx {{ $value | humanizePercentage }} in 5m; 1 % allowed',
        description: 'More than 6 times the budget of 1 % in the last 5m and in the last 1m.',
      },
    });
  });

  test('tells of work that waits, of a service with a queue', () => {
    expect(rulesOf('inventory-backlog')).toEqual([]);
    expect(rulesOf('outbound-backlog')).toEqual([
      {
        alert: 'BacklogTooOld',
        expr: 'max by (service) (outbound_queue_oldest_seconds{service="outbound",pod!=""}) > 300',
        keep_firing_for: '1m',
        labels: { automation: 'manual', service: 'outbound', severity: 'warning' },
        annotations: {
          summary:
            'outbound: work waits for too long: the oldest for {{ printf "%.0f" $value }} s, 300 s are allowed',
          description: backlogDescription(300),
        },
      },
    ]);
  });

  test('breaks the promise of errors at exactly the objective, the others only above it', () => {
    const limits = ['inventory-error-rate', 'inventory-latency-p95', 'inventory-availability'].map(
      (group) =>
        String(rulesOf(group).find(({ alert }) => String(alert).endsWith('Breach'))?.['expr'])
          .split('\n')[0]
          ?.split(') ')[2],
    );
    expect(limits).toEqual(['>= 0.01', '> 0.05', '> 0.005']);
  });

  test('counts what is slower than the objective, by the bound of that service', () => {
    const [, bad] = rulesOf('outbound-latency-p95');
    expect(bad?.['expr']).toBe(
      'sum(increase(http_request_duration_seconds_bucket{service="outbound",le="+Inf"}[1m])) - ' +
        'sum(increase(http_request_duration_seconds_bucket{service="outbound",le="0.75"}[1m]))',
    );
  });

  test('matches whole bounds as Prometheus 2 and 3 write them', () => {
    const slow = { ...production, alerts: { ...production.alerts, objectives: {} } };
    slow.alerts.objectives = { inventory: { latencyP95Ms: 1_000 } };
    const [, bad] = rulesOf('inventory-latency-p95', slow);
    expect(bad?.['expr']).toContain('le=~"1(\\\\.0)?"');
  });

  test('takes availability from the probes', () => {
    const [, bad] = rulesOf('outbound-availability');
    expect(bad?.['expr']).toBe(
      'sum(increase(probe_requests_total{service="outbound",result="failed"}[1m]))',
    );
  });

  test('uses windows of seconds on the local configuration', () => {
    const [fast] = rulesOf('inventory-availability', local).filter((rule) => 'alert' in rule);
    expect(fast?.['expr']).toContain('window="10s"}) > 0.03');
    expect(fast?.['keep_firing_for']).toBe('2s');
  });
});

describe('prometheusConfig', () => {
  const labelled = (podsFile: string | null) =>
    prometheusConfig(production, {
      rulesFile: 'rules.yml',
      alertmanager: 'localhost:9093',
      monitoringApi: 'localhost:4010',
      podsFile,
    }) as { scrape_configs: { relabel_configs: { regex?: string; replacement?: string }[] }[] };

  test('gives the pods of a Deployment the name of its service, and nobody else', () => {
    const services = labelled('pods.json').scrape_configs[0]?.relabel_configs ?? [];
    const inventory = services.find(({ replacement }) => replacement === 'inventory');
    const pattern = new RegExp(`^(?:${inventory?.regex ?? ''})$`);
    expect('supply-chain;inventory-api-7d9c5b8f6d-x2x7k').toMatch(pattern);
    expect('supply-chain;inventory-api-canary-7d9c5b8f6d-x2x7k').not.toMatch(pattern);
    expect('elsewhere;inventory-api-7d9c5b8f6d-x2x7k').not.toMatch(pattern);
  });

  test('finds pods in a file or in Kubernetes', () => {
    expect(labelled('pods.json').scrape_configs[0]).toMatchObject({
      file_sd_configs: [{ files: ['pods.json'] }],
    });
    expect(labelled(null).scrape_configs[0]).toMatchObject({
      kubernetes_sd_configs: [{ role: 'pod', namespaces: { names: ['supply-chain'] } }],
    });
  });
});

describe('alertmanagerConfig', () => {
  test('sends objectives to the operator by service and SLO, with a token from a file', () => {
    const options = { webhookUrl: 'http://incident-api:4000/webhook', tokenFile: '/token' };
    expect(alertmanagerConfig(local.alerts, options)).toMatchObject({
      route: {
        receiver: 'nobody',
        routes: [
          {
            matchers: ['slo=~".+"'],
            group_by: ['service', 'slo'],
            group_wait: '2s',
            group_interval: '6s',
            repeat_interval: '20s',
          },
        ],
      },
      receivers: [
        { name: 'nobody' },
        {
          webhook_configs: [
            {
              url: 'http://incident-api:4000/webhook',
              send_resolved: true,
              http_config: { authorization: { type: 'Bearer', credentials_file: '/token' } },
            },
          ],
        },
      ],
    });
  });
});

describe('monitoringFiles', () => {
  test('always gives the same text for the same configuration, and says where it came from', () => {
    const files = monitoringFiles(production);
    expect([...files.keys()]).toEqual([
      'deploy/prometheus/rules.yml',
      'deploy/prometheus/prometheus.yml',
      'deploy/docker/prometheus.yml',
      'deploy/alertmanager/alertmanager.yml',
    ]);
    expect([...monitoringFiles(loadConfiguration(['configuration']))]).toEqual([...files]);
    for (const [file, text] of files) {
      expect(text).toMatch(
        /^# Generated from configuration\/ by "runbook rules"; do not edit.\n# Source: sha256 [0-9a-f]{64}\n/,
      );
      expect(parse(text)).toBeInstanceOf(Object);
      expect(monitoringFiles(local).get(file)).not.toBe(text);
    }
  });
});
