import type { Intent } from '../contracts/kubernetes.contract.js';
import { createFailure } from '../failure.js';
import type { RawDeployment, RawReplicaSet } from './raw-objects.js';
import { findCurrent, revisionOf } from './revision-facts.js';

/**
 * The intent that restores what `intent` replaces; null where undo has no meaning. It names the revision that stands
 * now, as the cluster keeps it: nothing of the template need be kept here.
 * @throws StaleResource (retried) while the controller has not yet made that revision.
 */
export function planUndo(
  { change, target }: Intent,
  live: RawDeployment,
  replicaSets: readonly RawReplicaSet[],
): Intent | null {
  if (change === 'restart-pods') return null;
  const current = findCurrent(live, replicaSets);
  if (current === null) {
    throw createFailure(
      'StaleResource',
      `could not plan deployment ${target.namespace}/${target.name}: its newest revision has no replicaset yet`,
    );
  }
  return {
    change: 'restore-revision',
    target,
    replicaSetUid: current.metadata.uid,
    revision: revisionOf(current),
  };
}
