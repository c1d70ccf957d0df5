import { setTimeout as sleep } from 'node:timers/promises';
import { pidAnnotation } from '../pod-annotations.js';
import { identify, signalGroup } from '../process-identity.js';
import { target, type DrillWorld, type Scenario } from './scenario.js';

const settledAfterMs = 15_000;

export const hungPods: Scenario = {
  name: 'hung-pods',
  title: 'all pods hang at the same moment, without any release',
  service: target.service,
  async cause(world) {
    const pids = await settledPods(world);
    const stopped = pids.flatMap((pid) => identify(pid) ?? []);
    if (stopped.length === 0) {
      throw new Error(`could not hang pods of ${target.deployment}: none runs`);
    }
    for (const identity of stopped) signalGroup(identity, 'SIGSTOP');
    return () => {
      for (const identity of stopped) signalGroup(identity, 'SIGCONT');
      return Promise.resolve();
    };
  },
};

/** Processes of the pods, once all have served for a while: one that has just started is not taken for hung. */
async function settledPods({ kube }: DrillWorld): Promise<number[]> {
  const deadline = Date.now() + 2 * settledAfterMs;
  for (;;) {
    const { items } = await kube.core.listNamespacedPod({
      namespace: target.namespace,
      labelSelector: `app.kubernetes.io/name=${target.deployment}`,
    });
    const youngest = Math.max(
      ...items.map(({ status }) => status?.startTime?.getTime() ?? Infinity),
    );
    if (Date.now() - youngest > settledAfterMs || Date.now() > deadline) {
      return items
        .map(({ metadata }) => Number(metadata?.annotations?.[pidAnnotation]))
        .filter((pid) => pid > 0);
    }
    await sleep(200);
  }
}
