import {
  CancellationScope,
  allHandlersFinished,
  condition,
  continueAsNew,
  rootCause,
  workflowInfo,
} from '@temporalio/workflow';
import type { IncidentRef, Outcome } from '../activities/contracts/registry.contract.js';
import type { Settings } from '../configuration/settings.js';
import { isoNow } from './clock.js';
import { Incident } from './incident.js';
import { newIncidentState } from './incident-state.js';
import type { IncidentState, NextPhase } from './incident-state.js';
import type { AlertEvent } from './messages.js';
import { phases } from './phases/index.js';
import type { RegistryRecord } from './recorder.js';
import { Recorder } from './recorder.js';

export interface IncidentInput {
  readonly environment: string;
  readonly cluster: string;
  readonly service: string;
  /** The configuration as it stood when the incident opened. */
  readonly settings: Settings;
  /** Counts the episodes of one chain of runs: a new alert right after closing is the next. Default 1. */
  readonly episode?: number;
  /** The alerts that opened this next episode. */
  readonly reopenedBy?: readonly AlertEvent[];
  /** Set by continue-as-new: the incident goes on where it stood. */
  readonly carried?: { readonly state: IncidentState; readonly next: NextPhase };
  /** Records of the run before that the registry has not yet taken. */
  readonly backlog?: readonly RegistryRecord[];
}

export interface IncidentResult {
  readonly name: string | null;
  readonly outcome: Outcome;
  readonly mutations: number;
  readonly summary: string;
}

/**
 * The durable record and course of one incident, from the first alert to a verified recovery or an honest other end.
 * One open run per environment and service. The phases and their order are those of the written runbook.
 *
 * A cancel request is an abort: it stops in order, undoes what has a defined undo, and closes.
 */
export async function incidentWorkflow(input: IncidentInput): Promise<IncidentResult> {
  const { cancelRequested } = CancellationScope.current();
  return CancellationScope.nonCancellable(() => {
    const incident = openIncident(input);
    cancelRequested.catch(() => {
      incident.abort ??= { stepId: '', decision: 'abort', by: 'a cancel request' };
    });
    return run(incident, input);
  });
}

async function run(incident: Incident, input: IncidentInput): Promise<IncidentResult> {
  let next: NextPhase = input.carried?.next ?? 'confirm';
  while (next !== 'linger') {
    incident.enter(next);
    next = await runPhase(incident, next);
    if (isAborted(incident, next)) next = incident.concludeAborted();
    if (workflowInfo().continueAsNewSuggested && incident.action === null) {
      return carryOn(incident, input, next);
    }
  }
  return linger(incident, input);
}

function openIncident(input: IncidentInput): Incident {
  const { carried, reopenedBy = [] } = input;
  const ref = refOf(input);
  const state = carried?.state ?? newIncidentState(ref, input.cluster, input.settings, isoNow());
  const recorder = new Recorder([...(input.backlog ?? [])]);
  const incident = new Incident(state, recorder);
  for (const alert of reopenedBy) incident.hearAlert(alert);
  if (carried === undefined) incident.recordOpened();
  void recorder.run((runId, episode) => {
    if (runId === ref.runId) state.episode = episode;
  });
  return incident;
}

/** A phase that cannot go on asks a person; closing that cannot be checked claims no more than is known. */
async function runPhase(
  incident: Incident,
  phase: Exclude<NextPhase, 'linger'>,
): Promise<NextPhase> {
  try {
    return await phases[phase](incident);
  } catch (error) {
    const why = `${phase} could not go on: ${rootCause(error) ?? String(error)}`;
    incident.note('note', why);
    incident.say(why);
    if (phase !== 'close') return 'ask';
    const cured = incident.state.conclusion?.outcome === 'recovered';
    return incident.conclude(cured ? 'recovered-with-debt' : 'unresolved', why);
  }
}

/** An action under way is followed to its end first: a change is never left unknown. */
const isAborted = (incident: Incident, next: NextPhase): boolean =>
  incident.abort !== null && incident.action === null && next !== 'close' && next !== 'linger';

/** Stays for re-sends and flaps. A new alert meanwhile is the next episode, with a fresh state. */
async function linger(incident: Incident, input: IncidentInput): Promise<IncidentResult> {
  const { state, recorder } = incident;
  const firesAnew = (): boolean => state.heardAfterClose.length > 0;
  const until = Date.now() + incident.policy.close.linger;
  await incident.waitUntil(until, firesAnew, 'lingering');
  await condition(() => recorder.backlog.length === 0 || firesAnew());
  await condition(allHandlersFinished);

  if (firesAnew()) {
    const { carried, ...rest } = input;
    return continueAsNew<typeof incidentWorkflow>({
      ...rest,
      episode: (input.episode ?? 1) + 1,
      reopenedBy: state.heardAfterClose,
      backlog: recorder.backlog,
    });
  }
  return {
    name: state.episode?.name ?? null,
    outcome: state.outcome ?? 'unresolved',
    mutations: state.mutationsApplied,
    summary: state.headline,
  };
}

async function carryOn(
  incident: Incident,
  input: IncidentInput,
  next: NextPhase,
): Promise<IncidentResult> {
  await condition(allHandlersFinished);
  const { reopenedBy, ...rest } = input;
  return continueAsNew<typeof incidentWorkflow>({
    ...rest,
    carried: { state: incident.state, next },
    backlog: incident.recorder.backlog,
  });
}

function refOf(input: IncidentInput): IncidentRef {
  const { workflowId, firstExecutionRunId } = workflowInfo();
  const { environment, service, episode = 1 } = input;
  const runId = episode === 1 ? firstExecutionRunId : `${firstExecutionRunId}.${episode}`;
  return { workflowId, runId, environment, service };
}
