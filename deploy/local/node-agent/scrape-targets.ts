import type { Pod } from '../kubernetes-json.js';

export interface RunningPod {
  readonly pod: Pod;
  readonly address: string;
}

/** Prometheus `file_sd` groups for the pods that ask to be scraped: Prometheus' own discovery would dial the made-up
 *  pod addresses. */
export function scrapeTargets(running: readonly RunningPod[]): object[] {
  return running.flatMap(({ pod, address }) => {
    const { name = '', namespace = '', labels = {}, annotations = {} } = pod.metadata ?? {};
    if (annotations['prometheus.io/scrape'] !== 'true') return [];
    return [
      {
        targets: [address],
        labels: {
          __metrics_path__: annotations['prometheus.io/path'] ?? '/metrics',
          namespace,
          pod: name,
          ...(labels['app.kubernetes.io/name'] !== undefined && {
            app: labels['app.kubernetes.io/name'],
          }),
          ...(labels['pod-template-hash'] !== undefined && {
            pod_template_hash: labels['pod-template-hash'],
          }),
        },
      },
    ];
  });
}
