import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { DeploymentTarget } from '../activities/contracts/kubernetes.contract.js';
import type { Settings } from '../configuration/settings.js';
import type { Outcome, TimelineKind } from '../activities/contracts/registry.contract.js';
import type { IncidentState } from './incident-state.js';
import type { IncidentView } from './describe-incident.js';
import type { NextPhase } from './phases/index.js';
import type { RegistryRecord } from './recorder.js';

/** One alert as a sender reported it, already checked by the API. */
export interface AlertEvent {
  /** `fingerprint|status|startsAt`: the same event sent twice has the same key. */
  readonly key: string;
  readonly status: 'firing' | 'resolved';
  readonly alertname: string;
  readonly slo: string;
  readonly severity: 'critical' | 'warning';
  readonly startsAt: string;
  readonly receivedAt: string;
  readonly summary: string;
  /** `alertmanager`, `grafana`, `manual`… */
  readonly source: string;
}

/** What people type into the Temporal UI: the whole document is one JSON object. */
export interface DecisionMessage {
  readonly stepId: string;
  readonly planHash?: string;
  /** `wait` and `close` (handled by hand) answer a question that has no plan. */
  readonly decision: 'approve' | 'reject' | 'abort' | 'wait' | 'close';
  /** With `approve`, when no plan is up: the runbook to plan next. */
  readonly runbook?: string;
  readonly reason?: string;
  readonly by?: string;
}

export interface IncidentInput {
  readonly environment: string;
  readonly cluster: string;
  readonly service: string;
  /** The configuration as it stood when the incident opened. */
  readonly settings: Settings;
  /** Counts the episodes of one chain of runs: a new alert right after closing is the next. Default 1. */
  readonly episode?: number;
  /** The alert that opened this next episode. */
  readonly reopenedBy?: AlertEvent;
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

/** What an action tells the incident while it goes on. */
export interface ActionProgress {
  readonly stage: 'applied' | 'settled' | 'verdict' | 'reverting' | 'reverted';
  readonly kind: TimelineKind;
  readonly at: string;
  readonly summary: string;
  readonly details?: unknown;
}

export const alertSignal = defineSignal<[AlertEvent]>('alert');
export const progressSignal = defineSignal<[ActionProgress]>('progress');
export const decideSignal = defineSignal<[DecisionMessage]>('decide');
/** The same as the signal, but answers: refused when the step or the plan hash is not the one that waits. */
export const decideUpdate = defineUpdate<IncidentView, [DecisionMessage]>('decide');
export const stateQuery = defineQuery<IncidentView>('state');

export const actionWorkflowType = 'actionWorkflow';
export const incidentWorkflowType = 'incidentWorkflow';
export const actionWorkflowId = (target: DeploymentTarget): string =>
  `act:${target.cluster}/${target.namespace}/Deployment/${target.name}`;
export const incidentWorkflowId = (environment: string, service: string): string =>
  `incident:${environment}/${service}`;
