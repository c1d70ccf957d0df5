import { digest } from './digest.js';
import { readMarks } from './marks.js';
import type { RawDeployment, RawReplicaSet } from './raw-objects.js';

/** Kubernetes' own default. */
const defaultProgressDeadlineSeconds = 600;

/**
 * When the present template was set, ISO 8601. Kubernetes does not record it, so this is the rule:
 * - no ReplicaSet has the template yet: it was set just now (`readAt`);
 * - the ReplicaSet was made for it: its creation;
 * - the ReplicaSet is an old one used again (an undo; the controller then notes its former revisions): our own mark,
 *   when it is about this template and the rollout after it ended within the progress deadline. Older marks come back
 *   with an undo and are not believed. Otherwise the creation of its first pod that still runs, or the last update
 *   of the Progressing condition, whichever is earlier: a rollout begins with its first pod, and the condition says
 *   when it last progressed, so that in the middle of a rollout the condition alone would be late by minutes.
 * `podsCreatedAt`: creation of the pods of `current`.
 */
export function findLastRollout(
  deployment: RawDeployment,
  current: RawReplicaSet | null,
  readAt: string,
  podsCreatedAt: readonly string[],
): string {
  if (current === null) return readAt;
  const { creationTimestamp, annotations = {} } = current.metadata;
  if (annotations['deployment.kubernetes.io/revision-history'] === undefined) {
    return creationTimestamp;
  }
  const { conditions = [] } = deployment.status;
  const progressedAt = conditions.find(({ type }) => type === 'Progressing')?.lastUpdateTime;
  const marks = readMarks(deployment);
  const deadlineMs =
    (deployment.spec.progressDeadlineSeconds ?? defaultProgressDeadlineSeconds) * 1_000;
  if (
    marks?.template === digest(deployment.spec.template) &&
    (progressedAt === undefined ||
      Date.parse(progressedAt) - Date.parse(marks.appliedAt) <= deadlineMs)
  ) {
    return marks.appliedAt;
  }
  const known = [...podsCreatedAt, ...(progressedAt === undefined ? [] : [progressedAt])];
  return known.sort((a, b) => Date.parse(a) - Date.parse(b))[0] ?? creationTimestamp;
}
