import { digest } from './digest.js';
import { readMarks } from './marks.js';
import type { Marks } from './marks.js';
import type { RawDeployment, RawReplicaSet } from './raw-objects.js';
import { createdAt, findCurrent, hasBeenReused, revisionOf } from './revision-facts.js';
import { digestRelease } from './templates.js';

/** Kubernetes' own default. */
const defaultProgressDeadlineSeconds = 600;

/**
 * When somebody released what stands now, ISO 8601. Kubernetes does not record it, so this is the rule:
 * - it stands by a change of ours: what our mark says. An undo, a rollback and a restart of ours are no releases;
 * - no ReplicaSet has the template yet: it was set just now (`readAt`);
 * - the ReplicaSet was made for it: its creation, or that of the oldest before it of the same release: a restart by
 *   whomever is no release either;
 * - the ReplicaSet is an old one used again (an undo by hand; the controller then notes its former revisions): the
 *   creation of its first pod that still runs, or the last update of the Progressing condition, whichever is earlier: a
 *   rollout begins with its first pod, and the condition says when it last progressed, so that in the middle of a rollout
 *   the condition alone would be late by minutes.
 * `podsCreatedAt`: creation of the pods of the present ReplicaSet.
 */
export function findReleasedAt(
  deployment: RawDeployment,
  replicaSets: readonly RawReplicaSet[],
  readAt: string,
  podsCreatedAt: readonly string[],
): string {
  const marks = readMarks(deployment);
  // A mark that is no time, or one to come, is not ours.
  if (
    marks !== null &&
    Date.parse(marks.releasedAt) <= Date.parse(readAt) &&
    standsByUs(deployment, marks)
  ) {
    return marks.releasedAt;
  }
  const current = findCurrent(deployment, replicaSets);
  if (current === null) return readAt;
  if (!hasBeenReused(current)) return createdAt(firstOfRelease(current, replicaSets));
  const progressedAt = progressOf(deployment);
  const known = [...podsCreatedAt, ...(progressedAt === undefined ? [] : [progressedAt])];
  return known.sort((a, b) => Date.parse(a) - Date.parse(b))[0] ?? createdAt(current);
}

/** Our mark is about this template, and the rollout after it ended within the progress deadline: older marks come back
 *  with an undo by hand and are not believed. */
function standsByUs(deployment: RawDeployment, { template, appliedAt }: Marks): boolean {
  if (template !== digest(deployment.spec.template)) return false;
  const progressedAt = progressOf(deployment);
  const deadlineMs =
    (deployment.spec.progressDeadlineSeconds ?? defaultProgressDeadlineSeconds) * 1_000;
  return (
    progressedAt === undefined || Date.parse(progressedAt) - Date.parse(appliedAt) <= deadlineMs
  );
}

/** The oldest of the unbroken run of revisions of the same release that ends with `last`. */
export function firstOfRelease(
  last: RawReplicaSet,
  replicaSets: readonly RawReplicaSet[],
): RawReplicaSet {
  const release = digestRelease(last.spec.template);
  let first = last;
  const before = replicaSets
    .filter((set) => revisionOf(set) < revisionOf(last))
    .sort((a, b) => revisionOf(b) - revisionOf(a));
  for (const set of before) {
    if (digestRelease(set.spec.template) !== release) break;
    first = set;
  }
  return first;
}

function progressOf({ status: { conditions = [] } }: RawDeployment): string | undefined {
  return conditions.find(({ type }) => type === 'Progressing')?.lastUpdateTime;
}
