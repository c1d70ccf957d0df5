import { defineQuery, defineUpdate } from '@temporalio/workflow';
import type { Verdict } from '../activities/contracts/monitoring.contract.js';
import type { Outcome, Phase, TimelineEvent } from '../activities/contracts/registry.contract.js';
import type { DecisionMessage } from './messages.js';
import type { RevisionOption } from './policies/revisions.js';

export interface HypothesisView {
  readonly name: string;
  /** 0..1 */
  readonly score: number;
  readonly for: readonly string[];
  readonly against: readonly string[];
  readonly unknown: readonly string[];
}

export interface PlanView {
  readonly stepId: string;
  readonly runbook: string;
  readonly hash: string;
  readonly risk: string;
  readonly summary: string;
  readonly expectedEffect: string;
  readonly undo: string;
  readonly mutations: readonly { readonly summary: string; readonly diff: string }[];
}

/** A question that waits for a person. */
export interface QuestionView {
  readonly stepId: string;
  /** Null when no plan is up for approval. */
  readonly planHash: string | null;
  readonly text: string;
  /** Whom it is put to now, and until when (ISO 8601). */
  readonly role: string;
  readonly deadline: string;
  /** Each is a complete answer: paste one as the `decide` signal. */
  readonly answers: readonly DecisionMessage[];
  /** Where a rollback is possible: the releases that are kept, the newest first. */
  readonly revisions?: readonly RevisionView[];
}

/** A revision that a person may choose to go back to, and what is known of it. */
export interface RevisionView {
  readonly revision: number;
  readonly replicaSetUid: string;
  readonly image: string;
  readonly changeCause: string | null;
  readonly createdAt: string;
  readonly standing: RevisionOption['standing'];
  /** Goes on a sentence about it: `served 1240 requests, 0 % failed or slow`. */
  readonly known: string;
  /** Why it cannot be chosen; null when it can. */
  readonly refusal: string | null;
}

/** What people see of an incident: Temporal UI, CLI and notifications all render this. */
export interface IncidentView {
  readonly workflowId: string;
  readonly runId: string;
  /** `inventory-7`; null until the registry has numbered it. */
  readonly name: string | null;
  readonly environment: string;
  readonly service: string;
  readonly severity: 'critical' | 'warning';
  readonly phase: Phase;
  /** Null while it is open. */
  readonly outcome: Outcome | null;
  readonly openedAt: string;
  /** One sentence: where it stands. */
  readonly headline: string;
  readonly hypotheses: readonly HypothesisView[];
  readonly plan: PlanView | null;
  readonly question: QuestionView | null;
  readonly verdict: Verdict | null;
  readonly mutationsApplied: number;
  /** The newest 30 events, oldest first. */
  readonly timeline: readonly TimelineEvent[];
}

export const stateQuery = defineQuery<IncidentView>('state');
/** The same as the signal, but answers: refused when the step or the plan hash is not the one that waits. */
export const decideUpdate = defineUpdate<IncidentView, [DecisionMessage]>('decide');
