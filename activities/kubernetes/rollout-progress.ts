import { waitingReasonOf } from './pod-facts.js';
import type { RawCondition, RawDeployment, RawPod, RawReplicaSet } from './raw-objects.js';

export type RolloutProgress =
  | { readonly kind: 'settled' }
  /** One sentence with numbers. */
  | { readonly kind: 'waiting'; readonly sentence: string }
  | { readonly kind: 'stuck'; readonly reason: string };

export interface RolloutReading {
  readonly deployment: RawDeployment;
  /** The ReplicaSet of the present template; null until the controller has made it. */
  readonly current: RawReplicaSet | null;
  /** Pods of that ReplicaSet alone. */
  readonly pods: readonly RawPod[];
  /** When our change was made, ISO 8601. */
  readonly appliedAt: string;
}

const shownPods = 3;

/** The ladder of `kubectl rollout status`, except that a deadline passed by an earlier rollout is not held against this one. */
export function assessRollout({
  deployment,
  current,
  pods,
  appliedAt,
}: RolloutReading): RolloutProgress {
  const { metadata, spec, status } = deployment;
  const {
    observedGeneration = 0,
    replicas = 0,
    updatedReplicas = 0,
    availableReplicas = 0,
  } = status;
  const desired = spec.replicas;
  if (observedGeneration < metadata.generation || current === null) {
    return waiting('the controller has not taken up the change yet');
  }
  if (spec.paused === true) return waiting('the rollout is paused');
  const exceeded = (status.conditions ?? []).find((condition) =>
    isOwnDeadline(condition, current.metadata.name, appliedAt),
  );
  if (exceeded !== undefined) {
    const ready = `${availableReplicas} of ${desired} pods available`;
    return {
      kind: 'stuck',
      reason: `no progress within ${spec.progressDeadlineSeconds ?? 0} s, ${ready}${troubles(pods)}`,
    };
  }
  if (updatedReplicas < desired) {
    return waiting(`${updatedReplicas} of ${desired} pods updated${troubles(pods)}`);
  }
  if (replicas > updatedReplicas) {
    return waiting(`old pods still to end: ${replicas - updatedReplicas}${troubles(pods)}`);
  }
  if (availableReplicas < updatedReplicas) {
    return waiting(
      `${availableReplicas} of ${updatedReplicas} updated pods available${troubles(pods)}`,
    );
  }
  return { kind: 'settled' };
}

function waiting(sentence: string): RolloutProgress {
  return { kind: 'waiting', sentence };
}

/** The condition of a rollout that failed earlier stands until the new one progresses. Ours is younger than our change
 *  (the server's times have whole seconds) and names our ReplicaSet. */
function isOwnDeadline(
  { type, reason, message = '', lastUpdateTime = '' }: RawCondition,
  replicaSet: string,
  appliedAt: string,
): boolean {
  return (
    type === 'Progressing' &&
    reason === 'ProgressDeadlineExceeded' &&
    message.includes(`"${replicaSet}"`) &&
    Date.parse(lastUpdateTime) > Date.parse(appliedAt)
  );
}

/** Pods that wait for something other than time: `; inventory-api-x: CrashLoopBackOff`. */
function troubles(pods: readonly RawPod[]): string {
  const named = pods.flatMap((pod) => {
    const reason = waitingReasonOf(pod);
    return reason === null || reason === 'ContainerCreating' || reason === 'PodInitializing'
      ? []
      : [`${pod.metadata.name}: ${reason}`];
  });
  if (named.length === 0) return '';
  const more = named.length > shownPods ? ` and ${named.length - shownPods} more` : '';
  return `; ${named.slice(0, shownPods).join(', ')}${more}`;
}

/** Is a rollout under way, whoever started it? Pods that fail after their rollout has ended do not count as one. */
export function isRollingOut({ metadata, spec, status }: RawDeployment): boolean {
  const {
    observedGeneration = 0,
    replicas = 0,
    updatedReplicas = 0,
    availableReplicas = 0,
    conditions = [],
  } = status;
  const hasCompleted = conditions.some(
    ({ type, reason }) => type === 'Progressing' && reason === 'NewReplicaSetAvailable',
  );
  return (
    observedGeneration < metadata.generation ||
    updatedReplicas < spec.replicas ||
    replicas > updatedReplicas ||
    (availableReplicas < updatedReplicas && !hasCompleted)
  );
}
