import type { PodStatus } from '../kubernetes-json.js';
import { isRestarted, type ContainerState, type TerminatedState } from './pod-status.js';

type ContainerStatus = NonNullable<PodStatus['containerStatuses']>[number];

export interface ContainerPast {
  readonly state: ContainerState;
  readonly lastTermination: TerminatedState | null;
  readonly restartCount: number;
  /** It ran to its end under an earlier agent and is not started again. */
  readonly finished: boolean;
}

/** Where a container stands when this agent first sees its pod. One that ran under an earlier agent has died with it. */
export function resume(
  published: ContainerStatus | undefined,
  restartPolicy: string,
  now: string,
): ContainerPast {
  const waiting: ContainerState = { kind: 'waiting', reason: 'ContainerCreating' };
  if (published?.state === undefined) {
    return { state: waiting, lastTermination: null, restartCount: 0, finished: false };
  }
  const { restartCount, state, lastState } = published;
  const ended = endOf(state, now);
  if (ended === null) {
    const lastTermination = endOf(lastState, now);
    const again = lastTermination === null ? 0 : 1;
    return { state: waiting, lastTermination, restartCount: restartCount + again, finished: false };
  }
  return isRestarted(restartPolicy, ended.exitCode)
    ? { state: waiting, lastTermination: ended, restartCount: restartCount + 1, finished: false }
    : { state: ended, lastTermination: null, restartCount, finished: true };
}

function endOf(state: ContainerStatus['state'], now: string): TerminatedState | null {
  if (state?.terminated !== undefined) {
    const { exitCode, reason = 'Error', startedAt = now, finishedAt = now } = state.terminated;
    return { kind: 'terminated', exitCode, reason, startedAt, finishedAt };
  }
  if (state?.running === undefined) return null;
  return {
    kind: 'terminated',
    exitCode: 137,
    reason: 'Error',
    message: 'ended together with an earlier node agent',
    startedAt: state.running.startedAt ?? now,
    finishedAt: now,
  };
}
