import { rootCause } from '@temporalio/workflow';
import type { ActionResult } from '../action.workflow.js';
import type { Incident } from '../incident.js';
import type { Attempt, NextPhase, Plan } from '../incident-state.js';
import { followAction } from './act.js';

/** A plan that keeps changing under our hands is made again this often before a person is asked. */
const planChangesAllowed = 3;

/** Did it help, and did it harm? Nothing but a verdict that held makes it a cure. */
export async function verify(incident: Incident): Promise<NextPhase> {
  await followAction(incident, 'end');
  const { state, action } = incident;
  const { plan } = state;
  incident.action = null;
  state.plan = null;
  if (action === null || plan === null) return 'diagnose';
  if (action.result === null) {
    const why = rootCause(action.failure) ?? 'the action ended without a result';
    return failed(incident, plan, why, null);
  }
  return conclude(incident, plan, action.result);
}

function conclude(incident: Incident, plan: Plan, result: ActionResult): NextPhase {
  const { state } = incident;
  if (result.kind === 'plan-changed') {
    incident.note('plan', result.summary);
    state.planChanges += 1;
    incident.say('The target changed after the plan was made');
    return state.planChanges > planChangesAllowed ? 'ask' : 'confirm';
  }

  state.remedies += 1;
  if (result.kind !== 'verified') {
    return result.kind === 'aborted'
      ? incident.concludeAborted()
      : failed(incident, plan, result.summary, result.blame);
  }

  state.verdict = result.verdict;
  switch (result.verdict.kind) {
    case 'recovered':
      state.cure = { runbook: plan.runbook, hypothesis: plan.hypothesis };
      state.mitigatedAt = result.receipts[0]?.appliedAt ?? null;
      state.recoveredAt = result.verdict.decidedAt;
      return incident.conclude('recovered', `${plan.summary}; ${result.verdict.summary}`);
    case 'unproven':
      tried(
        incident,
        plan,
        'unproven',
        null,
        `Whether ${plan.runbook} helped is unproven: ${result.verdict.summary}`,
      );
      return 'ask';
    case 'not-recovered':
      tried(
        incident,
        plan,
        'not-recovered',
        result.blame,
        `${plan.runbook} did not help${result.reverted ? ' and was taken back' : ''}: ${result.verdict.summary}`,
      );
      return 'diagnose';
  }
}

function failed(incident: Incident, plan: Plan, why: string, blame: string | null): NextPhase {
  const summary = `${plan.runbook} failed: ${why}`;
  incident.note('note', summary);
  tried(incident, plan, 'failed', blame, summary);
  return 'diagnose';
}

function tried(
  incident: Incident,
  { runbook, hypothesis, restores }: Plan,
  result: Attempt['result'],
  blame: string | null,
  summary: string,
): void {
  const blamed = restores === null || blame === null ? null : { release: restores, why: blame };
  incident.state.attempts.push({ runbook, hypothesis, result, blamed, summary });
  incident.say(summary);
}
