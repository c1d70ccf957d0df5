import type { KubernetesActivities } from '../contracts/kubernetes.contract.js';
import { createFailure } from '../failure.js';
import type { DeploymentApi } from './deployment-api.js';
import { readMarks } from './marks.js';
import { readOwners } from './owners.js';
import { controlledBy } from './ownership.js';
import { readPods } from './pod-facts.js';
import { toBytes, toMillicores } from './quantity.js';
import { findReleasedAt } from './released-at.js';
import { findCurrent, readRevisions } from './revision-facts.js';
import type { RawPod } from './raw-objects.js';
import { isRollingOut } from './rollout-progress.js';

export const inspectDeployment =
  ({ api }: { readonly api: DeploymentApi }): KubernetesActivities['inspectDeployment'] =>
  async (target) => {
    const [deployment, autoscalers] = await Promise.all([
      api.read(target),
      api.listAutoscalers(target),
    ]);
    const { metadata, spec, status } = deployment;
    const [matchingSets, matchingPods, metrics] = await Promise.all([
      api.listReplicaSets(target, spec.selector),
      api.listPods(target, spec.selector),
      api.listPodMetrics(target, spec.selector),
    ]);
    const replicaSets = controlledBy(matchingSets, [deployment]);
    const pods = controlledBy(matchingPods, replicaSets);
    const current = findCurrent(deployment, replicaSets);
    const currentPods = current === null ? [] : controlledBy(pods, [current]);

    const container = spec.template.spec.containers.find(({ name }) => name === target.container);
    if (container === undefined) {
      const names = spec.template.spec.containers.map(({ name }) => name).join(', ');
      throw createFailure(
        'InvalidResource',
        `could not inspect deployment ${target.namespace}/${target.name}: it has no container "${target.container}", only ${names}. Correct the service's deployment.container`,
      );
    }
    const limits = container.resources?.limits;
    const marks = readMarks(deployment);
    const readAt = new Date().toISOString();
    return {
      target,
      uid: metadata.uid,
      readAt,
      generation: metadata.generation,
      observedGeneration: status.observedGeneration ?? 0,
      paused: spec.paused ?? false,
      strategy: spec.strategy.type,
      minReadyMs: (spec.minReadySeconds ?? 0) * 1_000,
      desiredReplicas: spec.replicas,
      updatedReplicas: status.updatedReplicas ?? 0,
      readyReplicas: status.readyReplicas ?? 0,
      availableReplicas: status.availableReplicas ?? 0,
      totalReplicas: status.replicas ?? 0,
      rollingOut: isRollingOut(deployment),
      releasedAt: findReleasedAt(deployment, replicaSets, readAt, currentPods.map(createdAt)),
      revisions: readRevisions(deployment, replicaSets, target.container),
      pods: readPods(pods, metrics, target.container),
      limits: { cpuMillicores: toMillicores(limits?.cpu), memoryBytes: toBytes(limits?.memory) },
      owners: readOwners(deployment, autoscalers),
      lastMutation: marks && {
        mutationId: marks.mutation,
        incident: marks.incident,
        at: marks.appliedAt,
      },
    };
  };

const createdAt = ({ metadata }: RawPod): string => metadata.creationTimestamp;
