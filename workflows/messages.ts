import { defineSignal } from '@temporalio/workflow';
import type { DeploymentTarget, Receipt } from '../activities/contracts/kubernetes.contract.js';
import type { TimelineKind } from '../activities/contracts/registry.contract.js';

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
  /** `monitoring-api`, `alertmanager`, `grafana`, `manual`… */
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
  /** With `approve` of a rollback: the revision to go back to, of those shown with the question. */
  readonly revision?: number;
  readonly reason?: string;
  readonly by?: string;
}

/** What an action tells the incident while it goes on. */
export interface ActionProgress {
  readonly stage: 'applied' | 'settled' | 'verdict' | 'reverting' | 'reverted';
  readonly kind: TimelineKind;
  readonly at: string;
  readonly summary: string;
  /** With `applied`: what has been done. */
  readonly receipts?: readonly Receipt[];
  readonly details?: unknown;
}

export const alertSignal = defineSignal<[AlertEvent]>('alert');
export const progressSignal = defineSignal<[ActionProgress]>('progress');
export const decideSignal = defineSignal<[DecisionMessage]>('decide');

export const actionWorkflowType = 'actionWorkflow';
export const incidentWorkflowType = 'incidentWorkflow';
export const actionWorkflowId = (target: DeploymentTarget): string =>
  `act:${target.cluster}/${target.namespace}/Deployment/${target.name}`;
export const incidentWorkflowId = (environment: string, service: string): string =>
  `incident:${environment}/${service}`;
