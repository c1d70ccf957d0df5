import type { DeploymentTarget } from '../contracts/kubernetes.contract.js';
import type { DeploymentApi } from './deployment-api.js';
import { controlledBy } from './ownership.js';
import type { RawDeployment, RawReplicaSet } from './raw-objects.js';

/** The kept revisions of a Deployment, templates included. @throws as `DeploymentApi.listReplicaSets`. */
export async function listOwnReplicaSets(
  api: DeploymentApi,
  target: DeploymentTarget,
  deployment: RawDeployment,
): Promise<RawReplicaSet[]> {
  return controlledBy(await api.listReplicaSets(target, deployment.spec.selector), [deployment]);
}
