/** Facts read from Kubernetes and changes made to it. Plain JSON, small enough for a workflow history. */

export interface DeploymentTarget {
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  /** The container of the pod template that runs the service. */
  readonly container: string;
}

export interface RevisionFacts {
  /** UID of the ReplicaSet: the only stable name of a revision (numbers move on every undo). */
  readonly replicaSetUid: string;
  readonly replicaSet: string;
  readonly revision: number;
  /** Label `pod-template-hash` of its pods. */
  readonly templateHash: string;
  /** SHA-256 of the template without `pod-template-hash` and without the restart annotation: a restart is no release. */
  readonly templateDigest: string;
  readonly createdAt: string;
  readonly image: string;
  /** In the words of whoever released it: what our own changes add to them is left out. */
  readonly changeCause: string | null;
  /** Why our marks say that it is not to be gone back to, a sentence; null when they say nothing. Void once it is used again. */
  readonly knownBad: string | null;
  /** How long after its creation the next revision was made; null for the newest, and where revisions were used again. */
  readonly replacedAfterMs: number | null;
  /** Its template equals the Deployment's present one. */
  readonly current: boolean;
  readonly replicas: number;
  readonly readyReplicas: number;
}

export interface PodFacts {
  readonly name: string;
  readonly templateHash: string | null;
  readonly phase: string;
  readonly ready: boolean;
  readonly startedAt: string | null;
  readonly restarts: number;
  /** Reason the container waits or last ended: `CrashLoopBackOff`, `OOMKilled`, `ImagePullBackOff`, `Error`… */
  readonly waitingReason: string | null;
  readonly lastTerminationReason: string | null;
  readonly cpuMillicores: number | null;
  readonly memoryBytes: number | null;
}

/** Who else steers the object, and what forbids touching it. */
export interface OwnerFacts {
  readonly horizontalPodAutoscaler: string | null;
  /** `argocd` or `flux` with its name, read from labels and annotations: it would undo a change by itself. */
  readonly gitOps: string | null;
}

export interface DeploymentFacts {
  readonly target: DeploymentTarget;
  readonly uid: string;
  readonly readAt: string;
  readonly generation: number;
  readonly observedGeneration: number;
  readonly paused: boolean;
  readonly strategy: string;
  /** `minReadySeconds`: a pod counts as available only after that. */
  readonly minReadyMs: number;
  readonly desiredReplicas: number;
  readonly updatedReplicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
  readonly totalReplicas: number;
  /** A rollout is under way (by our reckoning, not by the Progressing condition alone). */
  readonly rollingOut: boolean;
  /** When somebody released what stands now, ISO 8601. Our own rollbacks, undos and restarts are no releases. */
  readonly releasedAt: string;
  /** Newest first, at most 10. */
  readonly revisions: readonly RevisionFacts[];
  /** Those that are to stay; pods being deleted are left out. */
  readonly pods: readonly PodFacts[];
  readonly limits: { readonly cpuMillicores: number | null; readonly memoryBytes: number | null };
  readonly owners: OwnerFacts;
  /** Our own marks on the object. */
  readonly lastMutation: {
    readonly mutationId: string;
    readonly incident: string;
    readonly at: string;
  } | null;
}

/** What a runbook wants changed. An activity turns it into an exact patch on the live object. */
export type Intent =
  | {
      readonly change: 'restore-revision';
      readonly target: DeploymentTarget;
      readonly replicaSetUid: string;
      readonly revision: number;
    }
  | {
      readonly change: 'restart-pods';
      readonly target: DeploymentTarget;
      /** Written to the template, whole seconds, fixed when the plan is made: a second attempt writes the same. */
      readonly restartedAt: string;
    };

/** What is sent for an intent, told by its digest: a patch carries whole templates, and those may hold secrets. */
export interface PlannedChange {
  readonly intent: Intent;
  /** SHA-256 of the JSON Patch. The patch is built anew when it is sent, and is sent only if it is this very one. */
  readonly patchDigest: string;
}

/** One change to one object, exactly as it will be sent. Holds no part of the object but what the diff shows. */
export interface Mutation extends PlannedChange {
  /** `{incident run}/{step}/{index}`: a repeated attempt is recognised by it. */
  readonly id: string;
  readonly target: DeploymentTarget;
  readonly objectUid: string;
  /** Restores what the change replaces. Null where undo has no meaning (restart). */
  readonly undo: PlannedChange | null;
  /** SHA-256 of the part of the object that the patch touches, before the change. */
  readonly digestBefore: string;
  /** SHA-256 of that part after it, by the server's dry run. */
  readonly digestAfter: string;
  /** Unified diff (YAML) between the live object and the server's dry run, noise left out. */
  readonly diff: string;
  /** One line: `deployment supply-chain/inventory-api: back to revision 1 (image …)`. */
  readonly summary: string;
}

export interface PreviewMutationsInput {
  readonly idPrefix: string;
  readonly intents: readonly Intent[];
}

export interface Preview {
  readonly mutations: readonly Mutation[];
  /** SHA-256 over what the mutations would do. Status changes do not move it; another template does. */
  readonly planHash: string;
}

export interface ApplyMutationInput {
  readonly mutation: Mutation;
  readonly incident: string;
  readonly runbook: string;
  /** Why the revision that it replaces is not to be gone back to, a sentence kept on the object. Null: no fault of it is known. */
  readonly blame: string | null;
  /** Rises with every action on the target. An attempt that finds a higher one on the object gives up. */
  readonly fence: number;
}

export interface Receipt {
  readonly mutationId: string;
  readonly target: DeploymentTarget;
  readonly appliedAt: string;
  readonly resourceVersion: string;
  /** Generation after the change: the rollout to wait for. */
  readonly generation: number;
  readonly fence: number;
  /** An earlier attempt had already applied it. */
  readonly alreadyApplied: boolean;
}

export interface AwaitRolloutInput {
  readonly target: DeploymentTarget;
  readonly generation: number;
  readonly appliedAt: string;
  readonly pollMs: number;
  /** Absolute, ISO 8601. */
  readonly deadline: string;
}

export interface RolloutSettled {
  readonly settledAt: string;
  readonly replicas: number;
  readonly templateHash: string;
}

export interface KubernetesActivities {
  /** @throws TargetNotFound, Forbidden (final); ApiUnavailable, ApiThrottled (retried). */
  inspectDeployment(target: DeploymentTarget): Promise<DeploymentFacts>;
  /** Exact patches, diffs and the plan's hash, by server dry run. Changes nothing.
   *  @throws InvalidResource, Forbidden, TargetNotFound (final); ApiUnavailable (retried). */
  previewMutations(input: PreviewMutationsInput): Promise<Preview>;
  /** Applies one mutation once. @throws FenceLost, PlanChanged, TargetNotFound, Forbidden, InvalidResource (final);
   *  StaleResource, ApiUnavailable, ApiThrottled (retried). */
  applyMutation(input: ApplyMutationInput): Promise<Receipt>;
  /** Waits until that generation is rolled out; heartbeats. @throws RolloutStuck, FenceLost, TargetNotFound (final). */
  awaitRollout(input: AwaitRolloutInput): Promise<RolloutSettled>;
}
