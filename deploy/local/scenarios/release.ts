import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeClient } from '../../../services/shared/kubernetes/kube-client.js';
import { target } from './scenario.js';

export interface Release {
  /** Tag of the image. */
  readonly version: string;
  readonly env: Readonly<Record<string, string>>;
}

const rolledOutWithinMs = 60_000;

/** Rolls a version out, as a pipeline would. Resolves when the API server has taken it. */
export async function release(kube: KubeClient, { version, env }: Release): Promise<void> {
  const { namespace, deployment, container } = target;
  await kube.raw.patch(
    `/apis/apps/v1/namespaces/${namespace}/deployments/${deployment}`,
    {
      metadata: { annotations: { 'kubernetes.io/change-cause': `release ${version}` } },
      spec: {
        template: {
          spec: {
            containers: [
              {
                name: container,
                image: `durable-runbooks/${deployment}:${version}`,
                env: Object.entries(env).map(([name, value]) => ({ name, value })),
              },
            ],
          },
        },
      },
    },
    'application/strategic-merge-patch+json',
    { fieldManager: 'release-pipeline' },
  );
}

/** Version that the Deployment asks for now. */
export async function releasedVersion(kube: KubeClient): Promise<string | null> {
  const { namespace, deployment: name } = target;
  const { spec } = await kube.apps.readNamespacedDeployment({ namespace, name });
  return spec?.template.spec?.containers[0]?.image?.split(':').at(-1) ?? null;
}

/** Resolves when all pods are of the newest version and available. @throws Error when they are not in time. */
export async function untilRolledOut(kube: KubeClient): Promise<void> {
  const { namespace, deployment: name } = target;
  const deadline = Date.now() + rolledOutWithinMs;
  for (;;) {
    const { metadata, spec, status } = await kube.apps.readNamespacedDeployment({
      namespace,
      name,
    });
    const replicas = spec?.replicas ?? 1;
    if (
      status?.observedGeneration === metadata?.generation &&
      status?.updatedReplicas === replicas &&
      status.availableReplicas === replicas &&
      status.replicas === replicas
    ) {
      return;
    }
    if (Date.now() > deadline) {
      throw new Error(
        `could not roll out deployment ${name}: not done within ${rolledOutWithinMs / 1000} s`,
      );
    }
    await sleep(200);
  }
}
