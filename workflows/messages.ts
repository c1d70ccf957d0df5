import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Settings } from '../configuration/settings.js';
import type { IncidentView } from './describe-incident.js';

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
  readonly decision: 'approve' | 'reject' | 'abort' | 'wait' | 'close';
  readonly reason?: string;
  readonly by?: string;
}

export interface IncidentInput {
  readonly environment: string;
  readonly cluster: string;
  readonly service: string;
  /** The configuration as it stood when the incident opened. */
  readonly settings: Settings;
  /** Why it was opened when no alert did: `manual` with the person's words. */
  readonly trigger?: string;
}

export const alertSignal = defineSignal<[AlertEvent]>('alert');
export const decideSignal = defineSignal<[DecisionMessage]>('decide');
/** The same as the signal, but answers: refused when the step or the plan hash is not the one that waits. */
export const decideUpdate = defineUpdate<IncidentView, [DecisionMessage]>('decide');
export const stateQuery = defineQuery<IncidentView>('state');

export const incidentWorkflowType = 'incidentWorkflow';
export const incidentWorkflowId = (environment: string, service: string): string =>
  `incident:${environment}/${service}`;
