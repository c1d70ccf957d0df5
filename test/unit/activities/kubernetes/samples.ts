import type { Marks } from '../../../../activities/kubernetes/marks.js';
import type {
  RawDeployment,
  RawMetadata,
  RawPod,
  RawPodTemplate,
  RawReplicaSet,
} from '../../../../activities/kubernetes/raw-objects.js';

// Objects as an API server answers them, cut down to what is read.

export const target = {
  cluster: 'test',
  namespace: 'shop',
  name: 'api',
  container: 'api',
} as const;

export function template(image: string, annotations?: Record<string, string>): RawPodTemplate {
  return {
    metadata: { labels: { app: 'api' }, ...(annotations && { annotations }) },
    spec: { containers: [{ name: 'api', image }] },
  };
}

function metadata(name: string): RawMetadata {
  return {
    name,
    namespace: 'shop',
    uid: `uid-${name}`,
    resourceVersion: '10',
    generation: 4,
    creationTimestamp: '2026-11-24T10:00:00Z',
  };
}

interface DeploymentParts {
  readonly metadata?: Partial<RawMetadata>;
  readonly spec?: Partial<RawDeployment['spec']>;
  readonly status?: RawDeployment['status'];
}

/** Two replicas of `api:2`, settled, unless told otherwise. */
export function deployment(parts: DeploymentParts = {}): RawDeployment {
  return {
    metadata: { ...metadata('api'), ...parts.metadata },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'api' } },
      strategy: { type: 'RollingUpdate' },
      template: template('api:2'),
      ...parts.spec,
    },
    status: {
      observedGeneration: 4,
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      ...parts.status,
    },
  };
}

/** As the controller makes it: with the hash label added to the template. */
export function replicaSet(
  revision: number,
  image: string,
  parts: Partial<RawMetadata> = {},
): RawReplicaSet {
  const hash = `hash-${revision}`;
  const { metadata: own, spec } = template(image);
  return {
    metadata: {
      ...metadata(`api-${revision}`),
      labels: { app: 'api', 'pod-template-hash': hash },
      annotations: { 'deployment.kubernetes.io/revision': String(revision) },
      ...parts,
    },
    spec: {
      template: {
        metadata: { ...own, labels: { ...own.labels, 'pod-template-hash': hash } },
        spec,
      },
    },
    status: {},
  };
}

/** The same release after `kubectl rollout restart`, or a restart of ours. */
export function restartedSet(revision: number, image: string, restartedAt: string): RawReplicaSet {
  const set = replicaSet(revision, image, { creationTimestamp: restartedAt });
  const annotations = { 'kubectl.kubernetes.io/restartedAt': restartedAt };
  const { template: plain } = set.spec;
  const restarted = { ...plain, metadata: { ...plain.metadata, annotations } };
  return { ...set, spec: { template: restarted } };
}

/** Of an earlier change by another incident. */
export const marks = (changes: Partial<Marks> = {}): Marks => ({
  mutation: 'other/0',
  incident: 'shop-6',
  runbook: 'restart',
  fence: 50,
  appliedAt: '2026-11-24T09:00:00.000Z',
  generation: 3,
  template: 'digest',
  releasedAt: '2026-11-24T08:00:00Z',
  releasedAtBefore: '2026-11-24T08:00:00Z',
  badRevisions: {},
  ...changes,
});

export function pod(name: string, status: RawPod['status'] = {}): RawPod {
  return { metadata: { ...metadata(name), labels: { 'pod-template-hash': 'hash-2' } }, status };
}
