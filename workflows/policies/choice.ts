import type { HypothesisName, Policy, RunbookName } from '../../configuration/policy.schema.js';
import type { HypothesisView } from '../incident-view.js';
import type { BlamedRelease } from './revisions.js';

export type Choice =
  | {
      readonly kind: 'candidates';
      readonly hypothesis: HypothesisName;
      readonly runbooks: readonly RunbookName[];
    }
  | { readonly kind: 'ask'; readonly why: string };

/** Which runbooks answer the evidence. Asks when nothing stands out, two fit alike, or every answer was tried. */
export function chooseRunbooks(
  hypotheses: readonly HypothesisView[],
  tried: readonly RunbookName[],
  policy: Policy,
): Choice {
  const [best, second] = hypotheses;
  if (best === undefined || best.score < policy.diagnose.floor) {
    return { kind: 'ask', why: 'no known cause fits the evidence' };
  }
  if (second !== undefined && best.score - second.score < policy.diagnose.margin) {
    const separating = [...best.unknown, ...second.unknown].join('; ');
    return {
      kind: 'ask',
      why:
        `${best.name} (${best.score}) and ${second.name} (${second.score}) fit alike` +
        (separating === '' ? '' : `; what would tell them apart: ${separating}`),
    };
  }
  const hypothesis = best.name as HypothesisName;
  const answers = policy.candidates[hypothesis];
  const runbooks = answers.filter((runbook) => !tried.includes(runbook));
  if (runbooks.length > 0) return { kind: 'candidates', hypothesis, runbooks };
  return {
    kind: 'ask',
    why:
      answers.length === 0
        ? `the policy names no runbook for ${hypothesis}`
        : `every runbook for ${hypothesis} was tried: ${answers.join(', ')}`,
  };
}

/**
 * Runbooks that are not to be tried again by themselves. Going back to another release than the one that proved bad is
 * not the same again: so long as there is one.
 */
export function spentRunbooks(
  attempts: readonly { readonly runbook: RunbookName; readonly blamed: BlamedRelease | null }[],
  canGoElsewhere: boolean,
): RunbookName[] {
  return attempts
    .filter(({ blamed }) => blamed === null || !canGoElsewhere)
    .map(({ runbook }) => runbook);
}
