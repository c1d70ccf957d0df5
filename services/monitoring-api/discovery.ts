import type { AppsV1Api, CoreV1Api, V1Pod } from '@kubernetes/client-node';
import type { ServiceSettings } from '../../configuration/services.schema.js';
import type { DiscoveredPod } from './service-store.js';

/** Where a pod really answers, when its IP cannot be reached from here. */
const addressAnnotation = 'durable-runbooks.io/address';

export interface PodSource {
  /** The pods of the service's Deployment as they are now. @throws when the API server cannot be asked. */
  list(): Promise<DiscoveredPod[]>;
}

/**
 * Lists pods by the Deployment's selector, from the API server's watch cache. Asking anew each time is cheaper to get
 * right than a watch: one that falls silent would show yesterday's pods as today's.
 */
export function createPodSource(
  kube: { readonly apps: AppsV1Api; readonly core: CoreV1Api },
  { namespace, name, container }: ServiceSettings['deployment'],
): PodSource {
  // Immutable as long as the Deployment exists, so it is only asked for again when it finds nothing.
  let selector: string | null = null;
  return {
    async list() {
      selector ??= await readSelector(kube.apps, namespace, name);
      const { items } = await kube.core.listNamespacedPod({
        namespace,
        labelSelector: selector,
        resourceVersion: '0',
      });
      if (items.length === 0) selector = null;
      return items
        .filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed')
        .map((pod) => describePod(pod, container));
    },
  };
}

async function readSelector(apps: AppsV1Api, namespace: string, name: string): Promise<string> {
  const deployment = await apps.readNamespacedDeployment({ namespace, name });
  const selector = deployment.spec?.selector;
  const expressions = (selector?.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    switch (operator) {
      case 'In':
        return `${key} in (${values.join(',')})`;
      case 'NotIn':
        return `${key} notin (${values.join(',')})`;
      case 'DoesNotExist':
        return `!${key}`;
      default:
        return key;
    }
  });
  return [
    ...Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`),
    ...expressions,
  ].join(',');
}

/** `container`: the one that runs the service; its first port serves the metrics. */
export function describePod(pod: V1Pod, container: string): DiscoveredPod {
  const ready = pod.status?.conditions?.some(
    (condition) => condition.type === 'Ready' && condition.status === 'True',
  );
  const port = pod.spec?.containers.find((one) => one.name === container)?.ports?.[0];
  const podIp = pod.status?.podIP;
  const host = podIp?.includes(':') === true ? `[${podIp}]` : podIp;
  return {
    name: pod.metadata?.name ?? '',
    templateHash: pod.metadata?.labels?.['pod-template-hash'] ?? null,
    createdAt: pod.metadata?.creationTimestamp?.getTime() ?? null,
    ready: ready === true && pod.metadata?.deletionTimestamp === undefined,
    address:
      pod.metadata?.annotations?.[addressAnnotation] ??
      (host === undefined || port === undefined ? null : `${host}:${port.containerPort}`),
  };
}
