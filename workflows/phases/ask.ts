import { inspectDeployment } from '../activity-proxies.js';
import type { Incident } from '../incident.js';
import type { NextPhase } from '../incident-state.js';
import type { HypothesisName, RunbookName } from '../../configuration/policy.schema.js';
import type { DecisionMessage } from '../messages.js';
import { runbooks } from '../runbooks/index.js';
import { refusalsOf, situationOf } from './plan.js';
import { putQuestion } from './question.js';
import { readServices } from './read-services.js';

/** A person, with the evidence: what the operator does not know, it asks. */
export async function ask(incident: Incident): Promise<NextPhase> {
  const { state } = incident;
  const stepId = incident.nextStep('ask');
  const reply = await putQuestion(incident, {
    stepId,
    planHash: null,
    text: `${state.headline}. What shall be done?`,
    answers: [
      ...usableRunbooks(incident).map((runbook): DecisionMessage => ({
        stepId,
        decision: 'approve',
        runbook,
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
      return takeAnswer(incident, reply.message);
  }
}

async function takeAnswer(incident: Incident, message: DecisionMessage): Promise<NextPhase> {
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
  state.candidates = [
    {
      runbook: message.runbook as RunbookName,
      hypothesis: (state.hypotheses[0]?.name ?? 'unknown') as HypothesisName,
    },
  ];
  return 'plan';
}

function usableRunbooks(incident: Incident): RunbookName[] {
  const situation = situationOf(incident);
  if (situation === null) return [];
  return (Object.keys(runbooks) as RunbookName[]).filter(
    (runbook) => refusalsOf(incident, { runbook, hypothesis: 'unknown' }, situation).length === 0,
  );
}
