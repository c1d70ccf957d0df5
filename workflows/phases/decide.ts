import type { Incident } from '../incident.js';
import type { NextPhase } from '../incident-state.js';
import { offerRevisions } from './offer-revisions.js';
import { putQuestion } from './question.js';

/** May it be done? By policy, or by a person who has read the plan. */
export async function decide(incident: Incident): Promise<NextPhase> {
  const { state, policy } = incident;
  const { plan } = state;
  if (plan === null) return 'plan';
  if (policy.runbooks[plan.runbook].approval === 'automatic') {
    incident.note('decision', `approved by policy: ${plan.runbook}, risk ${plan.risk}`, {
      decision: 'approve',
      by: 'policy',
      planHash: plan.hash,
    });
    return 'act';
  }
  const { stepId, hash: planHash } = plan;
  const reply = await putQuestion(incident, {
    stepId,
    planHash,
    text: `May ${plan.runbook} be done? ${plan.summary}`,
    answers: [
      { stepId, planHash, decision: 'approve' },
      { stepId, planHash, decision: 'reject' },
      { stepId, decision: 'abort' },
    ],
    ...(plan.restores !== null && offerRevisions(incident)),
  });
  switch (reply.kind) {
    case 'aborted':
      return incident.concludeAborted();
    case 'changed':
      state.plan = null;
      return 'confirm';
    case 'unanswered':
      return incident.conclude('unresolved', 'nobody decided in time; nothing was changed');
    case 'answered':
      if (reply.message.decision === 'approve') return 'act';
      state.attempts.push({
        runbook: plan.runbook,
        hypothesis: plan.hypothesis,
        result: 'rejected',
        blamed: null,
        summary: `${plan.runbook} was rejected${reply.message.reason ? `: ${reply.message.reason}` : ''}`,
      });
      state.candidates = state.candidates.slice(1);
      state.plan = null;
      return 'plan';
  }
}
