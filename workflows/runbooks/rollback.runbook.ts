import type { RevisionOption } from '../policies/revisions.js';
import { nameRevision, rollbackTarget, weighRevisions } from '../policies/revisions.js';
import { defineRunbook } from './define-runbook.js';
import type { Situation } from './define-runbook.js';

/**
 * Back to an earlier release: the newest that is known to have served, else the newest that nothing speaks against, or the
 * one a person chose. Only the template moves: no Secret, no ConfigMap, no data.
 */
export const rollback = defineRunbook({
  name: 'rollback',

  refusals(situation) {
    const reasons: string[] = [];
    const options = weighRevisions(situation);
    const target = targetOf(options, situation);
    if (target === undefined) reasons.push(whyNone(options, situation));
    else if (target.standing === 'present') {
      reasons.push(`${nameRevision(target.revision)} ${target.known}`);
    }
    if (situation.facts.generation !== situation.facts.observedGeneration) {
      reasons.push('the deployment controller has not yet seen the newest change');
    }
    return reasons;
  },

  plan(situation) {
    const { facts } = situation;
    const options = weighRevisions(situation);
    const target = targetOf(options, situation);
    const current = facts.revisions.find((revision) => revision.current);
    if (target === undefined) throw new Error('rollback was planned without an earlier revision');
    const { revision, replicaSetUid, image, templateDigest } = target.revision;
    return {
      summary: [
        `roll ${facts.target.namespace}/${facts.target.name} back from revision ${current?.revision ?? 'unknown'} to revision ${revision} (${image}), which ${target.known}`,
        ...(situation.chosen === null ? passedOver(options, target) : ['chosen by a person']),
      ].join('; '),
      intents: [{ change: 'restore-revision', target: facts.target, replicaSetUid, revision }],
      expectedEffect: `pods of revision ${revision} serve all traffic; error rate and latency as before the release`,
      undo: `the template of revision ${current?.revision ?? 'before'} is put back`,
      restores: templateDigest,
    };
  },
});

function targetOf(
  options: readonly RevisionOption[],
  { chosen }: Situation,
): RevisionOption | undefined {
  return chosen === null
    ? rollbackTarget(options)
    : options.find(({ revision }) => revision.replicaSetUid === chosen);
}

function whyNone(options: readonly RevisionOption[], { chosen }: Situation): string {
  if (chosen !== null) return 'the revision that was chosen is no longer kept';
  const others = options.filter(({ standing }) => standing !== 'present');
  return others.length === 0
    ? 'there is no earlier revision to go back to'
    : `no earlier revision is left to go back to by itself: ${others.slice(0, 3).map(speak).join('; ')}`;
}

/** Newer ones that one would expect to be gone back to. */
function passedOver(options: readonly RevisionOption[], target: RevisionOption): string[] {
  const newer = options
    .slice(0, options.indexOf(target))
    .filter(({ standing }) => standing !== 'present');
  return newer.length === 0 ? [] : [`passed over: ${newer.slice(0, 3).map(speak).join('; ')}`];
}

const speak = ({ revision, known }: RevisionOption): string => `${nameRevision(revision)} ${known}`;
