import { condition, rootCause } from '@temporalio/workflow';
import { notify } from '../activity-proxies.js';
import { iso } from '../clock.js';
import type { QuestionView } from '../incident-view.js';
import { renderIncident } from '../describe-incident.js';
import type { Incident } from '../incident.js';
import type { DecisionMessage } from '../messages.js';
import { escalationTiers } from '../policies/escalation.js';
import { isHealthyNow } from '../policies/health.js';
import { readServices, speakHealth } from './read-services.js';

export type Reply =
  | { readonly kind: 'answered'; readonly message: DecisionMessage }
  | { readonly kind: 'aborted' }
  /** While people were asked the service turned healthy, or another alert began to fire: the evidence is old. */
  | { readonly kind: 'changed' }
  /** Every tier's time has passed. */
  | { readonly kind: 'unanswered' };

/** Puts a question to one tier after the other until somebody answers, or the need for an answer is gone. */
export async function putQuestion(
  incident: Incident,
  question: Omit<QuestionView, 'role' | 'deadline'>,
): Promise<Reply> {
  const { state } = incident;
  const heardBefore = state.firingHeard;
  incident.answer = null;
  try {
    for (const tier of escalationTiers(Date.now(), incident.policy.decide)) {
      state.question = { ...question, role: tier.role, deadline: iso(tier.until) };
      incident.note('decision', `${tier.role} is asked until ${iso(tier.until)}: ${question.text}`);
      tell(incident, state.question);
      const reply = await awaitReply(incident, heardBefore, tier.until);
      if (reply !== null) return reply;
    }
    return { kind: 'unanswered' };
  } finally {
    state.question = null;
  }
}

async function awaitReply(
  incident: Incident,
  heardBefore: number,
  until: number,
): Promise<Reply | null> {
  const isAnswered = (): boolean => incident.answer !== null || incident.abort !== null;
  for (;;) {
    await incident.waitUntil(until, () => isAnswered() || incident.nudged, 'an answer');
    if (incident.abort !== null) return { kind: 'aborted' };
    if (incident.answer !== null) return { kind: 'answered', message: incident.answer };
    if (!incident.nudged) return null;
    // An answer does not wait for the monitor, nor does one that fails take it away.
    const health = await Promise.race([
      readServices(incident).catch(() => undefined),
      condition(isAnswered).then(() => undefined),
    ]);
    if (isAnswered()) continue;
    if (isHealthyNow(health)) {
      incident.note('verdict', `healthy while asking, ${speakHealth(health)}`);
      return { kind: 'changed' };
    }
    // A plan stays up: its own gate looks again before anything is done. An open question is better asked afresh.
    if (incident.state.firingHeard > heardBefore && incident.state.question?.planHash === null) {
      incident.note('note', 'another alert fires while asking: looking again');
      return { kind: 'changed' };
    }
  }
}

/** In the background: a channel that is down must not keep anyone from answering elsewhere. */
function tell(incident: Incident, question: QuestionView): void {
  const view = incident.describe();
  void notify({
    key: `${incident.state.ref.runId}/${question.stepId}/${question.role}`,
    incident: view.name ?? view.workflowId,
    service: view.service,
    audience: question.role,
    title: `${view.name ?? view.service}: ${question.text}`,
    text: renderIncident(view),
  }).catch((error: unknown) => {
    incident.note(
      'note',
      `${question.role} could not be told: ${rootCause(error) ?? String(error)}`,
    );
  });
}
