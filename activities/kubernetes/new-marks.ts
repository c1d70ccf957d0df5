import type { ApplyMutationInput } from '../contracts/kubernetes.contract.js';
import { readChangeCause, sayChangeCause } from './change-cause.js';
import { readMarks } from './marks.js';
import type { Marks } from './marks.js';
import type { RawDeployment, RawReplicaSet } from './raw-objects.js';
import { findReleasedAt, firstOfRelease } from './released-at.js';
import { createdAt, findCurrent, revisionOf } from './revision-facts.js';

/** What a change, about to be sent, writes on the object for those who come after it. */
export function newMarks(
  input: ApplyMutationInput,
  live: RawDeployment,
  replicaSets: readonly RawReplicaSet[],
  now: string,
): Marks {
  const { mutation, incident, runbook, fence } = input;
  return {
    mutation: mutation.id,
    incident,
    runbook,
    fence,
    appliedAt: now,
    // The server counts every change of template or annotations; the patch holds for this version alone.
    generation: live.metadata.generation + 1,
    template: mutation.digestAfter,
    ...releaseDates(input, live, replicaSets, now),
    badRevisions: badRevisions(input, live, replicaSets),
  };
}

/** A rollback brings back what was released when its ReplicaSet was made, an undo what stood before, a restart the same. */
function releaseDates(
  { mutation: { id, intent } }: ApplyMutationInput,
  live: RawDeployment,
  replicaSets: readonly RawReplicaSet[],
  now: string,
): Pick<Marks, 'releasedAt' | 'releasedAtBefore'> {
  const releasedAtBefore = findReleasedAt(live, replicaSets, now, []);
  if (intent.change === 'restart-pods') return { releasedAt: releasedAtBefore, releasedAtBefore };
  const undone = undoneBy(id, live);
  if (undone !== null) return { releasedAt: undone.releasedAtBefore, releasedAtBefore };
  const restored = replicaSets.find(({ metadata }) => metadata.uid === intent.replicaSetUid);
  const releasedAt = restored === undefined ? '' : createdAt(firstOfRelease(restored, replicaSets));
  return { releasedAt, releasedAtBefore };
}

/** What was known, of revisions that are still kept, and what this change adds. */
function badRevisions(
  { blame }: ApplyMutationInput,
  live: RawDeployment,
  replicaSets: readonly RawReplicaSet[],
): Marks['badRevisions'] {
  const known = Object.entries(readMarks(live)?.badRevisions ?? {});
  const replaced = findCurrent(live, replicaSets);
  if (blame !== null && replaced !== null) {
    known.push([String(revisionOf(replaced)), blame.slice(0, 200)]);
  }
  const kept = new Set(replicaSets.map((set) => String(revisionOf(set))));
  return Object.fromEntries(known.filter(([number]) => kept.has(number)));
}

/** Keeps the release's own words, so that whoever reads the history by them still finds the release. */
export function describeChange(
  { mutation: { id, intent }, incident }: ApplyMutationInput,
  live: RawDeployment,
  replicaSets: readonly RawReplicaSet[],
): string {
  const restored =
    intent.change === 'restore-revision'
      ? replicaSets.find(({ metadata }) => metadata.uid === intent.replicaSetUid)
      : undefined;
  const release = readChangeCause((restored ?? live).metadata);
  if (intent.change === 'restart-pods') return sayChangeCause(release, 'restarted', incident);
  const words = undoneBy(id, live) === null ? 'rolled back to' : 'put back';
  return sayChangeCause(release, words, incident);
}

/** Marks of the change of ours that this one takes back: the name of an undo begins with that of the change. */
function undoneBy(id: string, live: RawDeployment): Marks | null {
  const marks = readMarks(live);
  return marks !== null && id.startsWith(`${marks.mutation}/`) ? marks : null;
}
