import { ApplicationFailure } from '@temporalio/common';
import type { KubeClient } from '../../services/shared/kubernetes/kube-client.js';
import { toKubernetesFailure } from '../../services/shared/kubernetes/kubernetes-errors.js';
import type { FailureType } from '../contracts/failures.contract.js';
import type { DeploymentTarget } from '../contracts/kubernetes.contract.js';
import { createFailure } from '../failure.js';
import { toSelectorText } from './label-selector.js';
import type {
  JsonPatchOperation,
  RawAutoscaler,
  RawDeployment,
  RawLabelSelector,
  RawPod,
  RawPodMetrics,
  RawReplicaSet,
} from './raw-objects.js';

/** A list longer than this is cut: no Deployment under care has as many pods or revisions. */
const listLimit = 500;

/** Either the object after the patch, or what it has become since it was read: decide anew. */
export type PatchResult = { readonly changed: RawDeployment } | { readonly moved: RawDeployment };

/** What the activities ask of one Deployment and what belongs to it. Every error is a failure of the closed union. */
export interface DeploymentApi {
  read(target: DeploymentTarget): Promise<RawDeployment>;
  /** Patches the object as it was read, or not at all. */
  patch(
    target: DeploymentTarget,
    read: RawDeployment,
    operations: readonly JsonPatchOperation[],
    options: { readonly dryRun: boolean },
  ): Promise<PatchResult>;
  /** Raw templates included. */
  listReplicaSets(target: DeploymentTarget, selector: RawLabelSelector): Promise<RawReplicaSet[]>;
  listPods(target: DeploymentTarget, selector: RawLabelSelector): Promise<RawPod[]>;
  /** Null where the cluster serves no metrics. */
  listPodMetrics(
    target: DeploymentTarget,
    selector: RawLabelSelector,
  ): Promise<RawPodMetrics[] | null>;
  listAutoscalers(target: DeploymentTarget): Promise<RawAutoscaler[]>;
}

export function createDeploymentApi(
  { raw }: Pick<KubeClient, 'raw'>,
  fieldManager: string,
): DeploymentApi {
  async function attempt<T>(
    verb: string,
    kind: string,
    { namespace, name }: DeploymentTarget,
    call: () => Promise<unknown>,
  ): Promise<T> {
    try {
      return (await call()) as T;
    } catch (error) {
      const failure = toKubernetesFailure(error, { verb, kind, namespace, name });
      throw createFailure(failure.failureType, failure.message, failure.retryAfterMs);
    }
  }

  async function list<T>(
    kind: string,
    target: DeploymentTarget,
    api: string,
    resource: string,
    selector?: RawLabelSelector,
  ): Promise<T[]> {
    const query = new URLSearchParams({ limit: String(listLimit) });
    if (selector !== undefined) query.set('labelSelector', toSelectorText(selector));
    const path = `${api}/namespaces/${target.namespace}/${resource}?${query.toString()}`;
    const { items } = await attempt<{ items: T[] }>('list', kind, target, () => raw.get(path));
    return items;
  }

  const read: DeploymentApi['read'] = (target) =>
    attempt('read', 'deployment', target, () => raw.get(pathOf(target)));

  return {
    read,

    patch: async (target, { metadata }, operations, { dryRun }) => {
      const guarded = [
        { op: 'test', path: '/metadata/resourceVersion', value: metadata.resourceVersion },
        ...operations,
      ];
      try {
        const changed = await attempt<RawDeployment>('patch', 'deployment', target, () =>
          raw.patch(pathOf(target), guarded, 'application/json-patch+json', {
            dryRun,
            fieldManager,
          }),
        );
        return { changed };
      } catch (error) {
        if (!mayHaveMoved(error)) throw error;
        const now = await read(target);
        const isMoved = now.metadata.resourceVersion !== metadata.resourceVersion;
        // A failed test and an invalid object are both answered 422: only the version tells them apart.
        if (!isMoved) throw error;
        return { moved: now };
      }
    },

    listReplicaSets: (target, selector) =>
      list('replicasets of deployment', target, '/apis/apps/v1', 'replicasets', selector),

    listPods: (target, selector) => list('pods of deployment', target, '/api/v1', 'pods', selector),

    listPodMetrics: (target, selector) =>
      list<RawPodMetrics>(
        'pod metrics of deployment',
        target,
        '/apis/metrics.k8s.io/v1beta1',
        'pods',
        selector,
      ).catch((error: unknown) => {
        // Measurements only help: a cluster without them, or with an ailing metrics server, is inspected all the same.
        if (error instanceof ApplicationFailure) return null;
        throw error;
      }),

    listAutoscalers: async (target) => {
      const scalers = await list<RawAutoscaler>(
        'autoscalers of deployment',
        target,
        '/apis/autoscaling/v2',
        'horizontalpodautoscalers',
      );
      return scalers.filter(
        ({ spec: { scaleTargetRef } }) =>
          scaleTargetRef.kind === 'Deployment' && scaleTargetRef.name === target.name,
      );
    },
  };
}

function pathOf({ namespace, name }: DeploymentTarget): string {
  return `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
}

/** Refused because the object is another by now, or the answer was lost on its way and the patch may stand. */
function mayHaveMoved(error: unknown): boolean {
  const types: readonly FailureType[] = ['StaleResource', 'InvalidResource', 'ApiUnavailable'];
  return error instanceof ApplicationFailure && types.some((type) => type === error.type);
}
