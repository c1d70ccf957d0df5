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
import { isHealthyNow } from '../policies/health.js';
import { readServices, speakHealth } from './read-services.js';

/** Do it once: start the action that holds the target's lock, and follow it until its change is rolled out. */
export async function act(incident: Incident): Promise<NextPhase> {
  const { state } = incident;
  if (state.plan === null) return 'plan';
  const acquired = await acquire(incident, state.plan);
  if (typeof acquired === 'string') return acquired;
  incident.action = acquired;
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
      keepReceipts(incident, progress);
      incident.note(progress.kind, progress.summary, progress.details, progress.at);
      incident.say(progress.summary);
      if (progress.stage === until) return;
    }
    if (ended(action)) return;
  }
}

const ended = (action: ActionInProgress): boolean =>
  action.result !== null || action.failure !== undefined;

/** Counted as soon as it is heard: an action that is ended afterwards has changed the target all the same. */
function keepReceipts({ state }: Incident, { receipts = [] }: ActionProgress): void {
  state.mutationsApplied += receipts.length;
  state.ownMutations.push(...receipts.map(({ mutationId }) => mutationId));
}

/** The action, or what comes next when there is none: the lock stayed taken, or the need for it is gone. */
async function acquire(incident: Incident, plan: Plan): Promise<ActionInProgress | NextPhase> {
  const { act: policy } = incident.policy;
  const deadline = Date.now() + policy.lockDeadline;
  while (incident.abort === null) {
    if (await hasTurnedHealthy(incident)) return 'confirm';
    try {
      return await startAction(incident, plan);
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    if (Date.now() >= deadline) {
      incident.note('note', 'another action holds the target; gave up waiting for it');
      incident.say('Another action still holds the target');
      return 'ask';
    }
    incident.say('Another action holds the target: waiting for it');
    await incident.waitUntil(
      Math.min(deadline, Date.now() + 2_000),
      () => incident.abort !== null,
      'the lock on the target',
    );
  }
  return incident.concludeAborted();
}

/** A healthy service is left alone: what was found broken may be whole again after a wait for a person or a lock. */
async function hasTurnedHealthy(incident: Incident): Promise<boolean> {
  const { state, policy } = incident;
  const age = Date.now() - state.healthReadAt;
  if (age <= policy.confirm.pollInterval && !incident.nudged) return false;
  // A monitor that does not answer is no reason to leave undone what was decided.
  const health = await readServices(incident).catch(() => undefined);
  if (!isHealthyNow(health)) return false;
  incident.note('verdict', `healthy before anything was done, ${speakHealth(health)}`);
  return true;
}

async function startAction(incident: Incident, plan: Plan): Promise<ActionInProgress> {
  const { state, policy } = incident;
  const input: ActionInput = {
    incident: state.ref.workflowId,
    incidentName: state.episode?.name ?? state.ref.workflowId,
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
