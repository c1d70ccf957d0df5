import { previousRevision } from '../policies/diagnosis.js';
import { defineRunbook } from './define-runbook.js';

/** Back to the revision before the newest release. Only the template moves: no Secret, no ConfigMap, no data. */
export const rollback = defineRunbook({
  name: 'rollback',

  refusals({ facts }) {
    const reasons: string[] = [];
    const previous = previousRevision(facts);
    if (previous === undefined) {
      reasons.push('there is no earlier revision to go back to');
    }
    if (facts.generation !== facts.observedGeneration) {
      reasons.push('the deployment controller has not yet seen the newest change');
    }
    return reasons;
  },

  plan({ facts }) {
    const previous = previousRevision(facts);
    const current = facts.revisions.find((revision) => revision.current);
    if (previous === undefined) throw new Error('rollback was planned without an earlier revision');
    return {
      summary: `roll ${facts.target.namespace}/${facts.target.name} back from revision ${current?.revision ?? 'unknown'} to revision ${previous.revision} (${previous.image})`,
      intents: [
        {
          change: 'restore-revision',
          target: facts.target,
          replicaSetUid: previous.replicaSetUid,
          revision: previous.revision,
        },
      ],
      expectedEffect: `pods of revision ${previous.revision} serve all traffic; error rate and latency as before the release`,
      undo: `the template of revision ${current?.revision ?? 'before'} is put back`,
    };
  },
});
