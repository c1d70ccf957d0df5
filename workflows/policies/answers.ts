import type { QuestionView } from '../incident-view.js';
import type { DecisionMessage } from '../messages.js';

const decisions: readonly string[] = ['approve', 'reject', 'abort', 'wait', 'close'];

/**
 * Reads what somebody sent as a decision. Signals carry anything a person typed, so nothing is assumed.
 * Null with the reason when it is not a decision at all.
 */
export function readDecision(
  value: unknown,
): { readonly message: DecisionMessage } | { readonly fault: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { fault: 'expected one JSON object with stepId and decision' };
  }
  const { stepId, planHash, decision, runbook, revision, reason, by } = value as Record<
    string,
    unknown
  >;
  if (typeof decision !== 'string' || !decisions.includes(decision)) {
    return { fault: `expected "decision" to be one of ${decisions.join(', ')}` };
  }
  if (typeof stepId !== 'string' && decision !== 'abort') {
    return { fault: 'expected "stepId": it is shown with the question' };
  }
  if (revision !== undefined && !(typeof revision === 'number' && Number.isInteger(revision))) {
    return { fault: 'expected "revision" to be the number of a revision, without quotes' };
  }
  return {
    message: {
      stepId: typeof stepId === 'string' ? stepId : '',
      decision: decision as DecisionMessage['decision'],
      ...(typeof planHash === 'string' ? { planHash } : {}),
      ...(typeof runbook === 'string' ? { runbook } : {}),
      ...(typeof revision === 'number' ? { revision } : {}),
      ...(typeof reason === 'string' ? { reason: reason.slice(0, 1_000) } : {}),
      ...(typeof by === 'string' ? { by: by.slice(0, 200) } : {}),
    },
  };
}

/** Why a decision does not answer the question that waits; null when it does. Abort is always heard. */
export function refuseDecision(
  message: DecisionMessage,
  question: QuestionView | null,
): string | null {
  if (message.decision === 'abort') return null;
  if (question === null) return 'nothing waits for a decision now';
  if (message.stepId !== question.stepId) {
    return `step ${message.stepId} does not wait; ${question.stepId} does`;
  }
  if (question.planHash === null) {
    if (message.decision === 'wait' || message.decision === 'close') return null;
    if (message.revision !== undefined) return refuseRevision(message, question);
    if (message.decision === 'approve' && message.runbook !== undefined) {
      const offered = question.answers.some((answer) => answer.runbook === message.runbook);
      return offered ? null : `runbook ${message.runbook} is not among the answers offered`;
    }
    return `${message.decision} does not answer this question; answers are ${question.answers
      .map((answer) => answer.decision)
      .join(', ')}`;
  }
  if (message.decision === 'reject') return null;
  if (message.decision !== 'approve') return `${message.decision} does not answer a plan`;
  if (message.revision !== undefined) {
    return 'a plan waits, and it names its revision: reject it to choose another one';
  }
  if (message.planHash !== question.planHash) {
    return `the approval is for plan ${message.planHash ?? '(none given)'}, but ${question.planHash} waits: read it again`;
  }
  return null;
}

function refuseRevision(
  { decision, runbook, revision }: DecisionMessage,
  { revisions = [] }: QuestionView,
): string | null {
  if (decision !== 'approve' || runbook !== 'rollback') {
    return 'a revision is chosen by an approve of the runbook rollback';
  }
  if (revisions.length === 0) return 'nothing can be rolled back now';
  const chosen = revisions.find((offered) => offered.revision === revision);
  if (chosen === undefined) {
    const choices = revisions.filter(({ refusal }) => refusal === null);
    return `there is no revision ${revision ?? ''} to choose; there is ${choices.map((one) => one.revision).join(', ')}`;
  }
  return chosen.refusal;
}

/** What whoever chooses a revision should know, and that is no reason to refuse it; null when there is nothing. */
export function warnOfRevision(
  { revision }: DecisionMessage,
  question: QuestionView | null,
): string | null {
  const chosen = question?.revisions?.find((offered) => offered.revision === revision);
  return chosen?.standing === 'bad' ? `revision ${chosen.revision} ${chosen.known}` : null;
}
