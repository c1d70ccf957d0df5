import { inspectDeployment } from '../activity-proxies.js';
import type { Incident } from '../incident.js';
import type { NextPhase } from '../incident-state.js';
import type { HypothesisName, RunbookName } from '../../configuration/policy.schema.js';
import type { RevisionView } from '../incident-view.js';
import type { DecisionMessage } from '../messages.js';
import { rollbackTarget, weighRevisions } from '../policies/revisions.js';
import { runbooks } from '../runbooks/index.js';
import { offerRevisions } from './offer-revisions.js';
import { refusalsOf, situationOf } from './plan.js';
import { putQuestion } from './question.js';
import { readServices } from './read-services.js';

/** A person, with the evidence: what the operator does not know, it asks. */
export async function ask(incident: Incident): Promise<NextPhase> {
  const { state } = incident;
  const stepId = incident.nextStep('ask');
  const offer = offerRevisions(incident);
  const reply = await putQuestion(incident, {
    stepId,
    planHash: null,
    text: `${state.headline}. What shall be done?`,
    ...offer,
    answers: [
      ...usableRunbooks(incident).map((usable): DecisionMessage => ({
        stepId,
        decision: 'approve',
        ...usable,
      })),
      { stepId, decision: 'wait' },
      { stepId, decision: 'close' },
      { stepId, decision: 'abort' },
    ],
  });
  switch (reply.kind) {
    case 'aborted':
      return incident.concludeAborted();
    case 'changed':
      return 'confirm';
    case 'unanswered':
      return incident.conclude('unresolved', `nobody answered in time: ${state.headline}`);
    case 'answered':
      return takeAnswer(incident, reply.message, offer.revisions ?? []);
  }
}

async function takeAnswer(
  incident: Incident,
  message: DecisionMessage,
  revisions: readonly RevisionView[],
): Promise<NextPhase> {
  const { state } = incident;
  if (message.decision === 'close') {
    return incident.conclude(
      'handled-by-hand',
      `closed by ${message.by ?? 'a person'}${message.reason ? `: ${message.reason}` : ''}`,
    );
  }
  if (message.decision !== 'approve' || message.runbook === undefined) return 'confirm';
  // The question may have waited for hours: the plan is made from what is true now.
  [state.facts] = await Promise.all([inspectDeployment(state.target), readServices(incident)]);
  // Numbers move with every rollback: the ReplicaSet is what was chosen.
  const chosen = revisions.find(({ revision }) => revision === message.revision);
  state.candidates = [
    {
      runbook: message.runbook as RunbookName,
      hypothesis: (state.hypotheses[0]?.name ?? 'unknown') as HypothesisName,
      chosen: chosen?.replicaSetUid ?? null,
    },
  ];
  return 'plan';
}

/** Each with the revision it would go back to: what was read is what will be done. */
function usableRunbooks(incident: Incident): Pick<DecisionMessage, 'runbook' | 'revision'>[] {
  const situation = situationOf(incident);
  if (situation === null) return [];
  return (Object.keys(runbooks) as RunbookName[])
    .filter((runbook) => {
      const candidate = { runbook, hypothesis: 'unknown', chosen: null } as const;
      return refusalsOf(incident, candidate, situation).length === 0;
    })
    .map((runbook) => {
      const target = runbook === 'rollback' ? rollbackTarget(weighRevisions(situation)) : undefined;
      return { runbook, ...(target !== undefined && { revision: target.revision.revision }) };
    });
}
