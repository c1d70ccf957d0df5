import type { Intent, KubernetesActivities, Mutation } from '../contracts/kubernetes.contract.js';
import { createFailure } from '../failure.js';
import type { DeploymentApi } from './deployment-api.js';
import { diffObjects } from './diff.js';
import { digest } from './digest.js';
import { listOwnReplicaSets } from './list-own-replica-sets.js';
import { materialisePatch } from './materialise-patch.js';
import { planUndo } from './plan-undo.js';

/** During a rollout the status alone changes the object several times a second. */
const attempts = 5;

/** Every mutation is tried on the server by dry run: what the diff shows is what would be stored. */
export const previewMutations =
  ({ api }: { readonly api: DeploymentApi }): KubernetesActivities['previewMutations'] =>
  async ({ idPrefix, intents }) => {
    const mutations = await Promise.all(
      intents.map((intent, index) => previewMutation(api, intent, `${idPrefix}/${index}`)),
    );
    const effects = mutations.map(({ objectUid, digestBefore, patchDigest }) => ({
      objectUid,
      digestBefore,
      patchDigest,
    }));
    return { mutations, planHash: digest(effects) };
  };

async function previewMutation(api: DeploymentApi, intent: Intent, id: string): Promise<Mutation> {
  const { target } = intent;
  let live = await api.read(target);
  const replicaSets = await listOwnReplicaSets(api, target, live);
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const { patch, summary } = materialisePatch(intent, live, replicaSets);
    const undo = planUndo(intent, live, replicaSets);
    const result = await api.patch(target, live, patch, { dryRun: true });
    if ('changed' in result) {
      const { changed } = result;
      return {
        id,
        target,
        objectUid: live.metadata.uid,
        intent,
        patchDigest: digest(patch),
        undo: undo && {
          intent: undo,
          patchDigest: digest(materialisePatch(undo, changed, replicaSets).patch),
        },
        digestBefore: digest(live.spec.template),
        digestAfter: digest(changed.spec.template),
        diff: diffObjects(live, changed),
        summary,
      };
    }
    live = result.moved;
  }
  throw createFailure(
    'StaleResource',
    `could not preview deployment ${target.namespace}/${target.name}: it changed ${attempts} times meanwhile`,
  );
}
