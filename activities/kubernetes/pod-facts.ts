import type { PodFacts } from '../contracts/kubernetes.contract.js';
import { toBytes, toMillicores } from './quantity.js';
import type { RawContainerStatus, RawPod, RawPodMetrics } from './raw-objects.js';
import { hashLabel } from './templates.js';

/** Facts go into a workflow history: a large fleet is represented by this many, those in trouble first. */
const podLimit = 100;

/** Pods that are to stay: one that is being deleted is not ready on purpose, and evidence of nothing. */
export function readPods(
  pods: readonly RawPod[],
  metrics: readonly RawPodMetrics[] | null,
  container: string,
): PodFacts[] {
  const usage = new Map(metrics?.map((sample) => [sample.metadata.name, sample.containers]));
  return pods
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map((pod): PodFacts => {
      const used = usage.get(pod.metadata.name)?.find(({ name }) => name === container)?.usage;
      return {
        name: pod.metadata.name,
        templateHash: pod.metadata.labels?.[hashLabel] ?? null,
        phase: pod.status.phase ?? 'Unknown',
        ready: isReady(pod),
        startedAt: pod.status.startTime ?? null,
        restarts: statusesOf(pod).reduce((sum, { restartCount }) => sum + restartCount, 0),
        waitingReason: waitingReasonOf(pod),
        lastTerminationReason: lastTerminationOf(statusesOf(pod)),
        cpuMillicores: toMillicores(used?.cpu),
        memoryBytes: toBytes(used?.memory),
      };
    })
    .sort((a, b) => Number(a.ready) - Number(b.ready) || a.name.localeCompare(b.name))
    .slice(0, podLimit);
}

function isReady({ metadata, status }: RawPod): boolean {
  return (
    metadata.deletionTimestamp === undefined &&
    (status.conditions ?? []).some(({ type, status: is }) => type === 'Ready' && is === 'True')
  );
}

/** Why the pod does not run: of the first container that waits, or of the scheduler while there is none. */
export function waitingReasonOf(pod: RawPod): string | null {
  const waiting = statusesOf(pod).find(({ state }) => state?.waiting?.reason !== undefined);
  if (waiting !== undefined) return waiting.state?.waiting?.reason ?? null;
  const unscheduled = pod.status.conditions?.find(
    ({ type, status }) => type === 'PodScheduled' && status === 'False',
  );
  return unscheduled?.reason ?? null;
}

function lastTerminationOf(statuses: readonly RawContainerStatus[]): string | null {
  for (const { state, lastState } of statuses) {
    const ended = state?.terminated ?? lastState?.terminated;
    if (ended?.reason !== undefined) return ended.reason;
  }
  return null;
}

function statusesOf({ status }: RawPod): readonly RawContainerStatus[] {
  return [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
}
