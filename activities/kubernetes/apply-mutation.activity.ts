import { activityInfo, cancellationSignal } from '@temporalio/activity';
import type { KubernetesActivities } from '../contracts/kubernetes.contract.js';
import { createFailure } from '../failure.js';
import { withHeartbeat } from '../with-heartbeat.js';
import { decideMutation, toReceipt } from './decide-mutation.js';
import type { DeploymentApi } from './deployment-api.js';
import { listOwnReplicaSets } from './list-own-replica-sets.js';

/** During a rollout the status alone changes the object several times a second. */
const attempts = 5;

/**
 * Changes the object once, whatever dies on the way: the patch holds only for the version that was read and carries
 * the mutation's id, so a repeated attempt, also one whose answer was lost, finds its own work and hands back the same
 * receipt. An attempt that outlived its time (a paused process) sends nothing: the workflow may have moved on.
 */
export const applyMutation =
  ({ api }: { readonly api: DeploymentApi }): KubernetesActivities['applyMutation'] =>
  (input) => {
    const { target } = input.mutation;
    const deployment = `deployment ${target.namespace}/${target.name}`;
    // Counted from here: the server's clock may differ, and a task may have waited long for a worker.
    const expiresAt = Date.now() + activityInfo().startToCloseTimeoutMs;
    return withHeartbeat(async () => {
      let live = await api.read(target);
      const replicaSets = await listOwnReplicaSets(api, target, live);
      for (let attempt = 1; attempt <= attempts; attempt += 1) {
        const decision = decideMutation(input, live, replicaSets, new Date().toISOString());
        if (decision.kind === 'done') return decision.receipt;
        cancellationSignal().throwIfAborted();
        if (Date.now() >= expiresAt) {
          throw createFailure(
            'StaleResource',
            `could not change ${deployment}: this attempt outlived its time and left it to the next`,
          );
        }
        const result = await api.patch(target, live, decision.operations, { dryRun: false });
        if ('changed' in result) return toReceipt(input, result.changed, false);
        live = result.moved;
      }
      throw createFailure(
        'StaleResource',
        `could not change ${deployment}: it changed ${attempts} times meanwhile`,
      );
    });
  };
