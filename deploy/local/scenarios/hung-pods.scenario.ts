import { identify, signalGroup } from '../process-identity.js';
import { target, type DrillWorld, type Scenario } from './scenario.js';

/** Written by the node agent: the process that stands for the container. */
const pidAnnotation = 'durable-runbooks.io/pid';

export const hungPods: Scenario = {
  name: 'hung-pods',
  title: 'all pods hang at the same moment, without any release',
  service: target.service,
  async cause(world) {
    const stopped = (await podPids(world)).flatMap((pid) => identify(pid) ?? []);
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

async function podPids({ kube }: DrillWorld): Promise<number[]> {
  const { items } = await kube.core.listNamespacedPod({
    namespace: target.namespace,
    labelSelector: `app.kubernetes.io/name=${target.deployment}`,
  });
  return items
    .map(({ metadata }) => Number(metadata?.annotations?.[pidAnnotation]))
    .filter((pid) => pid > 0);
}
