import { sleep } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type {
  AwaitRolloutInput,
  KubernetesActivities,
  RolloutSettled,
} from '../contracts/kubernetes.contract.js';
import { createFailure } from '../failure.js';
import { withHeartbeat } from '../with-heartbeat.js';
import type { DeploymentApi } from './deployment-api.js';
import { digest } from './digest.js';
import { readMarks } from './marks.js';
import { controlledBy } from './ownership.js';
import type { RawDeployment } from './raw-objects.js';
import { findCurrent } from './revision-facts.js';
import { assessRollout } from './rollout-progress.js';
import { hashLabel } from './templates.js';

/** Polls, as a watch may fall silent without an error. Holds no state: a repeated attempt simply goes on polling. */
export const awaitRollout =
  ({ api }: { readonly api: DeploymentApi }): KubernetesActivities['awaitRollout'] =>
  (input) => {
    const { target, pollMs } = input;
    const deadline = Date.parse(input.deadline);
    const stuck = (cause: string) =>
      createFailure(
        'RolloutStuck',
        `could not roll out deployment ${target.namespace}/${target.name}: ${cause}`,
      );
    return withHeartbeat(async (report) => {
      for (;;) {
        const progress = await readProgress(api, input).catch(whilePassing);
        if (progress.kind === 'settled') return progress;
        if (progress.kind === 'stuck') throw stuck(progress.reason);
        if (Date.now() >= deadline) {
          throw stuck(`not done by ${input.deadline}; last seen: ${progress.sentence}`);
        }
        report({ generation: input.generation, progress: progress.sentence });
        await sleep(Math.min(pollMs, Math.max(1, deadline - Date.now())));
      }
    });
  };

type Progress =
  | ({ readonly kind: 'settled' } & RolloutSettled)
  | { readonly kind: 'waiting'; readonly sentence: string }
  | { readonly kind: 'stuck'; readonly reason: string };

async function readProgress(
  api: DeploymentApi,
  { target, generation, appliedAt }: AwaitRolloutInput,
): Promise<Progress> {
  const deployment = await api.read(target);
  assertOurs(deployment, generation);
  const { selector } = deployment.spec;
  const [matchingSets, matchingPods] = await Promise.all([
    api.listReplicaSets(target, selector),
    api.listPods(target, selector),
  ]);
  const current = findCurrent(deployment, controlledBy(matchingSets, [deployment]));
  const pods = current === null ? [] : controlledBy(matchingPods, [current]);
  const progress = assessRollout({ deployment, current, pods, appliedAt });
  if (progress.kind !== 'settled') return progress;
  return {
    kind: 'settled',
    settledAt: new Date().toISOString(),
    replicas: deployment.spec.replicas,
    templateHash: current?.metadata.labels?.[hashLabel] ?? '',
  };
}

/** The rollout to wait for is the one of our change: gone when the marks or the template are not ours any more. */
function assertOurs(deployment: RawDeployment, generation: number): void {
  const { namespace, name } = deployment.metadata;
  const lost = (cause: string) =>
    createFailure(
      'FenceLost',
      `could not follow the rollout of deployment ${namespace}/${name}: ${cause}`,
    );
  const marks = readMarks(deployment);
  if (marks?.generation !== generation) {
    throw lost(
      marks === null
        ? 'someone has replaced it together with our marks'
        : `${marks.incident} has changed it since (${marks.mutation})`,
    );
  }
  if (marks.template !== digest(deployment.spec.template)) {
    throw lost('someone else has changed its template since');
  }
}

/** An API server that is away for a while does not end the wait: the deadline does. */
function whilePassing(error: unknown): Progress {
  if (error instanceof ApplicationFailure && error.nonRetryable !== true) {
    return { kind: 'waiting', sentence: error.message };
  }
  throw error;
}
