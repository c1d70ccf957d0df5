import {
  CancellationScope,
  ParentClosePolicy,
  WorkflowIdReusePolicy,
  condition,
  startChild,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { ActionInput, actionWorkflow } from '../action.workflow.js';
import type { ActionInProgress, Incident } from '../incident.js';
import type { NextPhase, Plan } from '../incident-state.js';
import type { ActionProgress } from '../messages.js';
import { actionWorkflowId, actionWorkflowType } from '../messages.js';

/** Do it once: start the action that holds the target's lock, and follow it until its change is rolled out. */
export async function act(incident: Incident): Promise<NextPhase> {
  const { state } = incident;
  if (state.plan === null) return 'plan';
  const action = await acquire(incident, state.plan);
  if (action === null) {
    return incident.abort === null ? 'ask' : incident.concludeAborted();
  }
  incident.action = action;
  await followAction(incident, 'settled');
  return 'verify';
}

/** Passes the action's progress on until the given stage is reached or the action has ended. */
export async function followAction(
  incident: Incident,
  until: ActionProgress['stage'] | 'end',
): Promise<void> {
  const { action } = incident;
  if (action === null) return;
  let cancelled = false;
  for (;;) {
    await condition(
      () => action.progress.length > 0 || ended(action) || (incident.abort !== null && !cancelled),
    );
    if (incident.abort !== null && !cancelled) {
      cancelled = true;
      action.cancel();
    }
    for (const progress of action.progress.splice(0)) {
      incident.note(progress.kind, progress.summary, progress.details, progress.at);
      incident.say(progress.summary);
      if (progress.stage === until) return;
    }
    if (ended(action)) return;
  }
}

const ended = (action: ActionInProgress): boolean =>
  action.result !== null || action.failure !== undefined;

/** Null when the lock stayed with another action until the deadline, or the incident was aborted meanwhile. */
async function acquire(incident: Incident, plan: Plan): Promise<ActionInProgress | null> {
  const { act: policy } = incident.policy;
  const deadline = Date.now() + policy.lockDeadline;
  while (incident.abort === null) {
    try {
      return await startAction(incident, plan);
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    if (Date.now() >= deadline) {
      incident.note('note', 'another action holds the target; gave up waiting for it');
      incident.say('Another action still holds the target');
      return null;
    }
    incident.say('Another action holds the target: waiting for it');
    await incident.waitUntil(
      Math.min(deadline, Date.now() + 2_000),
      () => incident.abort !== null,
      'the lock on the target',
    );
  }
  return null;
}

async function startAction(incident: Incident, plan: Plan): Promise<ActionInProgress> {
  const { state, policy } = incident;
  const input: ActionInput = {
    incident: state.ref.workflowId,
    service: state.ref.service,
    runbook: plan.runbook,
    planHash: plan.hash,
    mutations: plan.mutations,
    rolloutTimeoutMs: policy.runbooks[plan.runbook].rolloutTimeout,
    rolloutPollMs: policy.act.pollInterval,
    verify: policy.verify,
  };
  const scope = new CancellationScope();
  const handle = await scope.run(() =>
    startChild<typeof actionWorkflow>(actionWorkflowType, {
      args: [input],
      workflowId: actionWorkflowId(state.target),
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
      // An incident that is terminated leaves an action that undoes what it has begun.
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      staticSummary: plan.summary,
    }),
  );
  const action: ActionInProgress = {
    progress: [],
    outcome: handle.result(),
    result: null,
    failure: undefined,
    cancel: () => {
      scope.cancel();
    },
  };
  action.outcome.then(
    (result) => {
      action.result = result;
    },
    (error: unknown) => {
      action.failure = error;
    },
  );
  return action;
}
