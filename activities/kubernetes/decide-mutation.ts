import type { ApplyMutationInput, Receipt } from '../contracts/kubernetes.contract.js';
import { createFailure } from '../failure.js';
import { digest } from './digest.js';
import { readMarks, setKeys, toAnnotations } from './marks.js';
import { materialisePatch } from './materialise-patch.js';
import { describeChange, newMarks } from './new-marks.js';
import type { JsonPatchOperation, RawDeployment, RawReplicaSet } from './raw-objects.js';

export type MutationDecision =
  | { readonly kind: 'done'; readonly receipt: Receipt }
  | { readonly kind: 'send'; readonly operations: readonly JsonPatchOperation[] };

/**
 * What is still to be done about a mutation, given the object and its revisions as they are.
 * @throws FenceLost when a later action was here, PlanChanged when the template is not the one that was planned for or
 *  the patch not the one that was approved; TargetNotFound, InvalidResource as `materialisePatch`.
 */
export function decideMutation(
  input: ApplyMutationInput,
  live: RawDeployment,
  replicaSets: readonly RawReplicaSet[],
  now: string,
): MutationDecision {
  const { mutation, fence } = input;
  const { namespace, name } = mutation.target;
  const refuse = (type: 'FenceLost' | 'PlanChanged', cause: string): never => {
    throw createFailure(type, `could not change deployment ${namespace}/${name}: ${cause}`);
  };
  const marks = readMarks(live);
  if (marks?.mutation === mutation.id) {
    return { kind: 'done', receipt: toReceipt(input, live, true) };
  }
  if (marks !== null && marks.fence > fence) {
    refuse('FenceLost', `a later action of ${marks.incident} has changed it (${marks.mutation})`);
  }
  if (live.metadata.uid !== mutation.objectUid) {
    refuse('PlanChanged', 'it was deleted and made anew since the plan was made');
  }
  if (digest(live.spec.template) !== mutation.digestBefore) {
    refuse('PlanChanged', 'its template is not the one the plan was made for');
  }
  const { patch } = materialisePatch(mutation.intent, live, replicaSets);
  if (digest(patch) !== mutation.patchDigest) {
    refuse('PlanChanged', 'the change would not be the one that was approved');
  }
  const annotations = toAnnotations(
    newMarks(input, live, replicaSets, now),
    describeChange(input, live, replicaSets),
  );
  return {
    kind: 'send',
    operations: [
      ...patch,
      ...setKeys('/metadata/annotations', live.metadata.annotations, annotations),
    ],
  };
}

/** Read off the marks on the object, so that every attempt hands back the same. */
export function toReceipt(
  { mutation, fence }: ApplyMutationInput,
  changed: RawDeployment,
  alreadyApplied: boolean,
): Receipt {
  const marks = readMarks(changed);
  return {
    mutationId: mutation.id,
    target: mutation.target,
    appliedAt: marks?.appliedAt ?? '',
    resourceVersion: changed.metadata.resourceVersion,
    generation: marks?.generation ?? changed.metadata.generation,
    fence,
    alreadyApplied,
  };
}
