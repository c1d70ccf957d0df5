import { createHash } from 'node:crypto';
import { stringify } from 'yaml';
import { alertmanagerConfig } from './alertmanager-config.js';
import { prometheusConfig } from './prometheus-config.js';
import { prometheusRules } from './prometheus-rules.js';
import type { RulesConfiguration } from './prometheus-rules.js';

/** Text of a YAML file that says where it came from. The same configuration always gives the same text. */
export function generatedYaml(configuration: RulesConfiguration, content: object): string {
  const { services, alerts } = configuration;
  const source = createHash('sha256').update(JSON.stringify({ services, alerts })).digest('hex');
  return [
    '# Generated from configuration/ by "runbook rules"; do not edit.',
    `# Source: sha256 ${source}`,
    stringify(content, { lineWidth: 0, aliasDuplicateObjects: false }),
  ].join('\n');
}

/** The files under `deploy/` that follow from the configuration, for a cluster: path from the root, and text. */
export function monitoringFiles(configuration: RulesConfiguration): Map<string, string> {
  const rulesFile = 'rules.yml';
  const prometheus = {
    rulesFile,
    alertmanager: 'alertmanager:9093',
    monitoringApi: 'monitoring-api:4010',
    podsFile: null,
  };
  const files: [path: string, content: object][] = [
    [`deploy/prometheus/${rulesFile}`, prometheusRules(configuration)],
    ['deploy/prometheus/prometheus.yml', prometheusConfig(configuration, prometheus)],
    [
      'deploy/docker/prometheus.yml',
      prometheusConfig(configuration, {
        ...prometheus,
        kubeconfigFile: '/run/secrets/reader-kubeconfig',
      }),
    ],
    [
      'deploy/alertmanager/alertmanager.yml',
      alertmanagerConfig(configuration.alerts, {
        webhookUrl: 'http://incident-api:4000/webhooks/alertmanager',
        tokenFile: '/etc/alertmanager/secrets/webhook-token',
      }),
    ],
  ];
  return new Map(files.map(([path, content]) => [path, generatedYaml(configuration, content)]));
}
