import type { IncidentView } from '../../workflows/incident-view.js';
import type { DecisionMessage } from '../../workflows/messages.js';
import { DecisionRefused } from '../shared/temporal/runbook-client.js';
import { CommandFailure, exitCodes } from './command.js';

/** What a person says they have read, and which runbook they choose. */
export interface Reading {
  readonly step?: string;
  /** The hash of the plan, or its beginning. */
  readonly plan?: string;
  readonly runbook?: string;
  /** The revision to go back to, of those shown. */
  readonly revision?: number;
}

/**
 * The offered answer that says what the person means. The workflow checks it again.
 * @throws DecisionRefused when something else waits than was read, or the answer is none; CommandFailure when it must
 * be said which of several is meant.
 */
export function chooseAnswer(
  { question, headline }: Pick<IncidentView, 'question' | 'headline'>,
  verb: DecisionMessage['decision'],
  { step, plan, runbook, revision }: Reading,
): DecisionMessage {
  if (step !== undefined && step !== question?.stepId) {
    throw new DecisionRefused(
      `step ${step} does not wait; ${question?.stepId ?? 'nothing'} does: ${headline}`,
    );
  }
  if (verb === 'abort') return { stepId: question?.stepId ?? '', decision: 'abort' };
  if (question === null) {
    throw new DecisionRefused(`nothing waits for a decision now: ${headline}`);
  }
  if (plan !== undefined && question.planHash?.startsWith(plan) !== true) {
    const waiting = question.planHash === null ? question.text : `plan ${question.planHash}`;
    throw new DecisionRefused(`plan ${plan} does not wait. Read again what does: ${waiting}`);
  }
  // Any of the revisions shown may be chosen, be it offered or not.
  if (revision !== undefined) {
    const chosen = runbook === undefined ? { revision } : { runbook, revision };
    return { stepId: question.stepId, decision: verb, ...chosen };
  }
  const fitting = question.answers.filter(({ decision }) => decision === verb);
  const answer = fitting.find((one) => one.runbook === runbook);
  if (answer !== undefined) return answer;
  const choices = fitting.flatMap((one) => one.runbook ?? []).join(', ');
  if (runbook === undefined && choices !== '') {
    throw new CommandFailure(`say which with --runbook: ${choices}`, exitCodes.badUsage);
  }
  const offered = question.answers.map((one) => one.runbook ?? one.decision).join(', ');
  throw new DecisionRefused(
    `${[verb, runbook].filter(Boolean).join(' of ')} is no answer to "${question.text}"; offered: ${offered}`,
  );
}
