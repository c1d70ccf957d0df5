import type { RevisionFacts } from '../contracts/kubernetes.contract.js';
import type { RawDeployment, RawReplicaSet } from './raw-objects.js';
import { digestRelease, hashLabel, imageOf, isSameTemplate } from './templates.js';

const revisionLimit = 10;

/** The ReplicaSet whose template is the Deployment's. Null until the controller has made it.
 *  Of several equal ones the oldest, as the controller chooses. */
export function findCurrent(
  { spec }: RawDeployment,
  replicaSets: readonly RawReplicaSet[],
): RawReplicaSet | null {
  const equal = replicaSets.filter((set) => isSameTemplate(set.spec.template, spec.template));
  return equal.sort((a, b) => createdAt(a) - createdAt(b))[0] ?? null;
}

/** Newest first. Numbers move on every undo; the UID is what names a revision. */
export function readRevisions(
  deployment: RawDeployment,
  replicaSets: readonly RawReplicaSet[],
  container: string,
): RevisionFacts[] {
  const current = findCurrent(deployment, replicaSets);
  return replicaSets
    .map((set): RevisionFacts => ({
      replicaSetUid: set.metadata.uid,
      replicaSet: set.metadata.name,
      revision: revisionOf(set),
      templateHash: set.metadata.labels?.[hashLabel] ?? '',
      templateDigest: digestRelease(set.spec.template),
      createdAt: set.metadata.creationTimestamp,
      image: imageOf(set.spec.template, container),
      changeCause: set.metadata.annotations?.['kubernetes.io/change-cause'] ?? null,
      current: set === current,
      replicas: set.status.replicas ?? 0,
      readyReplicas: set.status.readyReplicas ?? 0,
    }))
    .sort((a, b) => b.revision - a.revision)
    .slice(0, revisionLimit);
}

/** Its number now; 0 when the controller has not numbered it. */
export function revisionOf({ metadata }: RawReplicaSet): number {
  return Number(metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
}

function createdAt({ metadata }: RawReplicaSet): number {
  return Date.parse(metadata.creationTimestamp);
}
