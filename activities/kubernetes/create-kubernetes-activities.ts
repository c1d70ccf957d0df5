import type { KubeClient } from '../../services/shared/kubernetes/kube-client.js';
import type { KubernetesActivities } from '../contracts/kubernetes.contract.js';
import { applyMutation } from './apply-mutation.activity.js';
import { awaitRollout } from './await-rollout.activity.js';
import { createDeploymentApi } from './deployment-api.js';
import { inspectDeployment } from './inspect-deployment.activity.js';
import { previewMutations } from './preview-mutations.activity.js';

export interface KubernetesDependencies {
  readonly kube: Pick<KubeClient, 'raw'>;
  /** Under which name the API server records our changes. Never `kubectl…`: Flux takes such fields back. */
  readonly fieldManager: string;
}

export function createKubernetesActivities({
  kube,
  fieldManager,
}: KubernetesDependencies): KubernetesActivities {
  const api = createDeploymentApi(kube, fieldManager);
  return {
    inspectDeployment: inspectDeployment({ api }),
    previewMutations: previewMutations({ api }),
    applyMutation: applyMutation({ api }),
    awaitRollout: awaitRollout({ api }),
  };
}
