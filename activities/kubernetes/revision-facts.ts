import type { RevisionFacts } from '../contracts/kubernetes.contract.js';
import { readChangeCause } from './change-cause.js';
import { readMarks } from './marks.js';
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
  return equal.sort((a, b) => Date.parse(createdAt(a)) - Date.parse(createdAt(b)))[0] ?? null;
}

/** Newest first. Numbers move on every undo; the UID is what names a revision. */
export function readRevisions(
  deployment: RawDeployment,
  replicaSets: readonly RawReplicaSet[],
  container: string,
): RevisionFacts[] {
  const current = findCurrent(deployment, replicaSets);
  const badRevisions = readMarks(deployment)?.badRevisions ?? {};
  return replicaSets
    .map((set): RevisionFacts => ({
      replicaSetUid: set.metadata.uid,
      replicaSet: set.metadata.name,
      revision: revisionOf(set),
      templateHash: set.metadata.labels?.[hashLabel] ?? '',
      templateDigest: digestRelease(set.spec.template),
      createdAt: set.metadata.creationTimestamp,
      image: imageOf(set.spec.template, container),
      changeCause: readChangeCause(set.metadata),
      knownBad: badRevisions[revisionOf(set)] ?? null,
      replacedAfterMs: replacedAfter(set, replicaSets),
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

const historyAnnotation = 'deployment.kubernetes.io/revision-history';

/** An undo uses an old ReplicaSet again: the controller numbers it anew and notes its former numbers. */
export function hasBeenReused({ metadata }: RawReplicaSet): boolean {
  return metadata.annotations?.[historyAnnotation] !== undefined;
}

function firstRevisionOf(set: RawReplicaSet): number {
  const former = set.metadata.annotations?.[historyAnnotation]?.split(',') ?? [];
  return Math.min(revisionOf(set), ...former.map(Number).filter((number) => number > 0));
}

/** Kubernetes keeps no end of a revision. It is known only where the next one was made for it. */
function replacedAfter(set: RawReplicaSet, replicaSets: readonly RawReplicaSet[]): number | null {
  if (hasBeenReused(set)) return null;
  const next = replicaSets.find((other) => firstRevisionOf(other) === revisionOf(set) + 1);
  return next === undefined ? null : Date.parse(createdAt(next)) - Date.parse(createdAt(set));
}

/** ISO 8601. */
export function createdAt({ metadata }: RawReplicaSet): string {
  return metadata.creationTimestamp;
}
