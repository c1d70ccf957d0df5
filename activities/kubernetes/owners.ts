import type { OwnerFacts } from '../contracts/kubernetes.contract.js';
import type { RawAutoscaler, RawDeployment } from './raw-objects.js';

/** Who else writes to this object: it may overwrite what we change. */
export function readOwners(
  { metadata }: RawDeployment,
  autoscalers: readonly RawAutoscaler[],
): OwnerFacts {
  return {
    horizontalPodAutoscaler: autoscalers[0]?.metadata.name ?? null,
    gitOps: readGitOps(metadata),
  };
}

/**
 * Only what reconciles by itself: a Helm release is changed when somebody upgrades it. `app.kubernetes.io/instance`
 * alone proves nothing either: people and charts set it too.
 */
function readGitOps({ labels = {}, annotations = {} }: RawDeployment['metadata']): string | null {
  const argo =
    annotations['argocd.argoproj.io/tracking-id']?.split(':')[0] ??
    labels['argocd.argoproj.io/instance'];
  if (argo !== undefined) return `argocd ${argo}`;
  const flux = labels['kustomize.toolkit.fluxcd.io/name'] ?? labels['helm.toolkit.fluxcd.io/name'];
  return flux === undefined ? null : `flux ${flux}`;
}
