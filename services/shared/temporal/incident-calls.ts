import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  isGrpcDeadlineError,
} from '@temporalio/client';
import { TypedSearchAttributes } from '@temporalio/common';
import type { IncidentView } from '../../../workflows/incident-view.js';
import {
  alertSignal,
  incidentWorkflowId,
  incidentWorkflowType,
} from '../../../workflows/messages.js';
import { decideUpdate, stateQuery } from '../../../workflows/incident-view.js';
import type { AlertEvent, DecisionMessage } from '../../../workflows/messages.js';
import type { IncidentInput } from '../../../workflows/incident.workflow.js';
import {
  runbookService,
  runbookSeverity,
  runbookState,
} from '../../../workflows/search-attributes.js';
import type { TemporalClient } from './temporal-client.js';

/** Which incident: its workflow, and which of its episodes when that is known. */
export interface IncidentAddress {
  readonly workflowId: string;
  /** `runId` of the episode's view and record. Without it the newest episode is meant. */
  readonly runId?: string;
}

/**
 * Hands a firing alert to the service's incident, opening it when none is open. Resolves when Temporal has stored it;
 * no worker needs to be up. @throws what `isTemporalUnreachable` recognises, when it could not.
 */
export async function signalFiring(
  { client }: TemporalClient,
  taskQueue: string,
  input: IncidentInput,
  alert: AlertEvent,
): Promise<IncidentAddress> {
  const workflowId = incidentWorkflowId(input.environment, input.service);
  await client.workflow.signalWithStart(incidentWorkflowType, {
    workflowId,
    taskQueue,
    args: [input],
    signal: alertSignal,
    signalArgs: [alert],
    // Each episode is a run of the same id; a running one takes the alert.
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    // A worker that dies in the middle of a task holds its incident up for this long.
    workflowTaskTimeout: '5 seconds',
    staticSummary: alert.summary.slice(0, 200),
    typedSearchAttributes: new TypedSearchAttributes([
      { key: runbookService, value: input.service },
      { key: runbookSeverity, value: alert.severity },
      { key: runbookState, value: 'open' },
    ]),
  });
  return { workflowId };
}

/** Tells the open incident that an alert resolved. False when none is open: then there is nothing to tell. */
export async function signalResolved(
  { client }: TemporalClient,
  workflowId: string,
  alert: AlertEvent,
): Promise<boolean> {
  try {
    await client.workflow.getHandle(workflowId).signal(alertSignal, alert);
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/** The live view. Needs a worker. @throws WorkflowNotFoundError, or a deadline error when no worker answers. */
export function readState(
  temporal: TemporalClient,
  { workflowId, runId }: IncidentAddress,
  deadlineMs: number,
): Promise<IncidentView> {
  return temporal.within(deadlineMs, async () => {
    const view = await temporal.client.workflow.getHandle(workflowId).query(stateQuery);
    if (runId !== undefined && view.runId !== runId) {
      throw new WorkflowNotFoundError(`episode ${runId} has ended`, workflowId, runId);
    }
    return view;
  });
}

/** The incident did not take the decision: another step or plan waits, none does, or the episode has ended. */
export class DecisionRefused extends Error {
  override readonly name = 'DecisionRefused';
}

/** The decision may or may not have reached the incident; repeating it with the same `updateId` is safe. */
export class DecisionUnanswered extends Error {
  override readonly name = 'DecisionUnanswered';
}

/**
 * Sends a decision and returns the incident as it stands with it.
 * `updateId`: repeating a decision under the same id does not decide twice.
 * @throws DecisionRefused, DecisionUnanswered, or what `isTemporalUnreachable` recognises.
 */
export async function sendDecision(
  temporal: TemporalClient,
  address: IncidentAddress,
  decision: DecisionMessage,
  options: { readonly deadlineMs: number; readonly updateId?: string | undefined },
): Promise<IncidentView> {
  const { deadlineMs, updateId } = options;
  const handle = temporal.client.workflow.getHandle(address.workflowId);
  try {
    // Episodes share one workflow id and number their steps alike: a decision must not reach the next one.
    if (address.runId !== undefined) await readState(temporal, address, deadlineMs);
    return await temporal.within(deadlineMs, () =>
      handle.executeUpdate(decideUpdate, {
        args: [decision],
        ...(updateId === undefined ? {} : { updateId }),
      }),
    );
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) {
      throw new DecisionRefused(error.cause?.message ?? error.message, { cause: error });
    }
    if (error instanceof WorkflowNotFoundError) {
      throw new DecisionRefused('that incident is no longer open', { cause: error });
    }
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isGrpcDeadlineError(error)) {
      throw new DecisionUnanswered(
        `no worker answered within ${deadlineMs / 1_000} s; see that the worker runs, then decide again`,
        { cause: error },
      );
    }
    throw error;
  }
}
