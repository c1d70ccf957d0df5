import type { AlertSettings } from '../../configuration/alerts.schema.js';
import type { ServiceSettings } from '../../configuration/services.schema.js';
import { formatDuration } from './format-duration.js';

export interface PrometheusConfigOptions {
  /** Path of the rules, as Prometheus sees it. */
  readonly rulesFile: string;
  /** `host:port` */
  readonly alertmanager: string;
  /** `host:port` */
  readonly monitoringApi: string;
  /** A `file_sd` list of the pods with labels `namespace` and `pod`; null: Prometheus asks Kubernetes itself. */
  readonly podsFile: string | null;
  /** How Prometheus logs in to Kubernetes, where it runs outside the cluster. */
  readonly kubeconfigFile?: string;
}

/** Prometheus' own configuration: scrapes the pods of each service and labels them with its name. */
export function prometheusConfig(
  configuration: {
    readonly services: Readonly<Record<string, ServiceSettings>>;
    readonly alerts: Pick<AlertSettings, 'scrapeInterval' | 'evaluationInterval'>;
  },
  { rulesFile, alertmanager, monitoringApi, podsFile, kubeconfigFile }: PrometheusConfigOptions,
): object {
  const { scrapeInterval, evaluationInterval } = configuration.alerts;
  const deployments = Object.entries(configuration.services).sort(([one], [other]) =>
    one < other ? -1 : 1,
  );
  return {
    global: {
      scrape_interval: formatDuration(scrapeInterval),
      scrape_timeout: formatDuration(scrapeInterval),
      evaluation_interval: formatDuration(evaluationInterval),
    },
    rule_files: [rulesFile],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] },
    scrape_configs: [
      {
        job_name: 'services',
        ...(podsFile === null
          ? {
              kubernetes_sd_configs: [
                {
                  role: 'pod',
                  ...(kubeconfigFile === undefined ? {} : { kubeconfig_file: kubeconfigFile }),
                  namespaces: { names: namespacesOf(deployments) },
                },
              ],
            }
          : { file_sd_configs: [{ files: [podsFile], refresh_interval: '5s' }] }),
        relabel_configs: [
          ...(podsFile === null ? kubernetesLabels(deployments) : []),
          // A Deployment's pods are called {deployment}-{template hash}-{suffix}.
          ...deployments.map(([service, { deployment }]) => ({
            source_labels: ['namespace', 'pod'],
            regex: `${deployment.namespace};${deployment.name}-[a-z0-9]+-[a-z0-9]+`,
            target_label: 'service',
            replacement: service,
          })),
          { source_labels: ['service'], regex: '.+', action: 'keep' },
        ],
      },
      {
        job_name: 'monitoring-api',
        metrics_path: '/monitoring/metrics',
        // Its metrics name the service they are about.
        honor_labels: true,
        static_configs: [{ targets: [monitoringApi] }],
      },
    ],
  };
}

function namespacesOf(deployments: readonly [string, ServiceSettings][]): string[] {
  return [...new Set(deployments.map(([, { deployment }]) => deployment.namespace))].sort();
}

function kubernetesLabels(deployments: readonly [string, ServiceSettings][]): object[] {
  const containers = [...new Set(deployments.map(([, { deployment }]) => deployment.container))];
  return [
    {
      source_labels: ['__meta_kubernetes_pod_container_name'],
      regex: containers.sort().join('|'),
      action: 'keep',
    },
    {
      source_labels: ['__meta_kubernetes_pod_phase'],
      regex: 'Succeeded|Failed',
      action: 'drop',
    },
    { source_labels: ['__meta_kubernetes_namespace'], target_label: 'namespace' },
    { source_labels: ['__meta_kubernetes_pod_name'], target_label: 'pod' },
  ];
}
