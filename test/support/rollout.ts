import type { V1Deployment } from '@kubernetes/client-node';
import type { KubeClient } from '../../services/shared/kubernetes/kube-client.js';
import { eventually } from './eventually.js';

const namespace = 'supply-chain';

/** What `kubectl rollout restart` changes in a pod template. */
export function restartedNow(): object {
  const at = new Date().toISOString();
  return { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': at } } };
}

/** UIDs of the pods of a Deployment, those that are ending included. */
export async function podsOf(kube: KubeClient, deployment: string): Promise<string[]> {
  const labelSelector = `app.kubernetes.io/name=${deployment}`;
  const { items } = await kube.core.listNamespacedPod({ namespace, labelSelector });
  return items.map(({ metadata }) => metadata?.uid ?? '');
}

/** Patches a pod template as kubectl does, and waits until only pods of the new template are left. */
export async function rollOut(kube: KubeClient, name: string, template: object): Promise<void> {
  const { metadata, spec } = (await kube.raw.patch(
    `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`,
    { spec: { template } },
    'application/strategic-merge-patch+json',
    { fieldManager: 'kubectl-rollout' },
  )) as V1Deployment;
  await eventually(
    `${name} is rolled out`,
    async () => {
      const { status } = await kube.apps.readNamespacedDeployment({ name, namespace });
      const isObserved = (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0);
      const counts = [status?.updatedReplicas, status?.availableReplicas];
      const pods = await podsOf(kube, name);
      return isObserved && [...counts, pods.length].every((count) => count === spec?.replicas)
        ? true
        : undefined;
    },
    90_000,
  );
}
