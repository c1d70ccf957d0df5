import type { PodStatus } from '../kubernetes-json.js';

type ContainerStatus = NonNullable<PodStatus['containerStatuses']>[number];
type Condition = NonNullable<PodStatus['conditions']>[number];

export interface TerminatedState {
  readonly kind: 'terminated';
  readonly exitCode: number;
  /** `Completed`, `Error`, `OOMKilled`, `StartError`. */
  readonly reason: string;
  readonly message?: string | undefined;
  /** ISO 8601, whole seconds like every time in a pod status. */
  readonly startedAt: string;
  readonly finishedAt: string;
}

export type ContainerState =
  | { readonly kind: 'waiting'; readonly reason: string; readonly message?: string | undefined }
  | { readonly kind: 'running'; readonly startedAt: string }
  | TerminatedState;

/** One container as its runner sees it. */
export interface ContainerView {
  readonly name: string;
  readonly image: string;
  readonly state: ContainerState;
  readonly lastTermination: TerminatedState | null;
  /** The startup probe has passed, or there is none. */
  readonly started: boolean;
  /** The readiness probe passes, or there is none; false unless running and started. */
  readonly ready: boolean;
  readonly restartCount: number;
}

export interface PodView {
  readonly restartPolicy: string;
  readonly containers: readonly ContainerView[];
  /** The pod is being deleted: it is not ready, whatever its containers say. */
  readonly terminating: boolean;
  readonly generation: number | undefined;
  readonly podIP: string;
  readonly startTime: string;
  /** Conditions published before, whose transition times stay when nothing changed. */
  readonly conditions: readonly Condition[];
  readonly now: string;
}

/** The status to publish for a pod, as a kubelet would word it. */
export function podStatus(view: PodView): PodStatus {
  const phase = phaseOf(view);
  const done = phase === 'Succeeded' || phase === 'Failed';
  const unready = view.containers.filter(({ ready }) => !ready || view.terminating);
  const readiness = {
    status: done || unready.length > 0 ? 'False' : 'True',
    ...(phase === 'Succeeded'
      ? { reason: 'PodCompleted' }
      : unready.length > 0 && {
          reason: 'ContainersNotReady',
          message: `containers with unready status: [${unready.map(({ name }) => name).join(' ')}]`,
        }),
  };
  const conditions = [
    condition(view, { type: 'Initialized', status: 'True' }),
    condition(view, { type: 'ContainersReady', ...readiness }),
    condition(view, { type: 'Ready', ...readiness }),
  ];
  return {
    phase,
    ...(view.generation !== undefined && { observedGeneration: view.generation }),
    conditions,
    hostIP: '127.0.0.1',
    hostIPs: [{ ip: '127.0.0.1' }],
    podIP: view.podIP,
    podIPs: [{ ip: view.podIP }],
    startTime: view.startTime,
    containerStatuses: view.containers.map((container) => containerStatus(container, view)),
  };
}

/** Whether an ended container is started again. */
export function isRestarted(restartPolicy: string, exitCode: number): boolean {
  return restartPolicy === 'Always' || (restartPolicy === 'OnFailure' && exitCode !== 0);
}

function phaseOf({ containers, restartPolicy, terminating }: PodView): string {
  const ended = containers.filter(
    ({ state }) =>
      state.kind === 'terminated' && (terminating || !isRestarted(restartPolicy, state.exitCode)),
  );
  if (ended.length === containers.length) {
    return ended.every(({ state }) => state.kind === 'terminated' && state.exitCode === 0)
      ? 'Succeeded'
      : 'Failed';
  }
  const neverRan = containers.some(
    ({ state, lastTermination }) => state.kind === 'waiting' && lastTermination === null,
  );
  return neverRan ? 'Pending' : 'Running';
}

function condition(view: PodView, current: Omit<Condition, 'lastTransitionTime'>): Condition {
  const before = view.conditions.find(({ type }) => type === current.type);
  const unchanged = before?.status === current.status;
  // Null removes, in a merge patch, what an earlier status said.
  return {
    reason: null,
    message: null,
    ...current,
    lastTransitionTime: (unchanged ? before.lastTransitionTime : undefined) ?? view.now,
  } as Condition;
}

function containerStatus(container: ContainerView, { terminating }: PodView): ContainerStatus {
  const { name, image, state, lastTermination, restartCount, started, ready } = container;
  return {
    name,
    image,
    imageID: '',
    restartCount,
    started,
    ready: ready && !terminating,
    state: wireState(state),
    ...(lastTermination !== null && { lastState: wireState(lastTermination) }),
  };
}

function wireState({ kind, ...details }: ContainerState): NonNullable<ContainerStatus['state']> {
  return { [kind]: details };
}
