import type {
  DeploymentFacts,
  DeploymentTarget,
  Mutation,
} from '../activities/contracts/kubernetes.contract.js';
import type { ServiceHealth, Verdict } from '../activities/contracts/monitoring.contract.js';
import type {
  IncidentRef,
  OpenedEpisode,
  Outcome,
  Phase,
  TimelineEvent,
  TimelineKind,
} from '../activities/contracts/registry.contract.js';
import type { HypothesisName, RunbookName } from '../configuration/policy.schema.js';
import type { Settings } from '../configuration/settings.js';
import type { HypothesisView, QuestionView } from './incident-view.js';
import type { AlertEvent } from './messages.js';
import type { BlamedRelease } from './policies/revisions.js';
import type { TemplateCount } from './policies/template-counts.js';

/** A phase says what comes next; `linger` is the time after closing. */
export type NextPhase = Exclude<Phase, 'open'> | 'linger';

export interface Candidate {
  readonly runbook: RunbookName;
  readonly hypothesis: HypothesisName;
  /** UID of the revision's ReplicaSet that a person chose to go back to; null: the runbook finds its own. */
  readonly chosen: string | null;
}

/** What would be done: exact mutations, and all that an approver must know of them. */
export interface Plan extends Candidate {
  readonly stepId: string;
  readonly hash: string;
  readonly risk: string;
  readonly summary: string;
  readonly expectedEffect: string;
  readonly undo: string;
  /** The release it goes back to (`templateDigest`), if any. */
  readonly restores: string | null;
  readonly mutations: readonly Mutation[];
}

/** A remedy that was tried or that a person refused, and how that ended. */
export interface Attempt {
  readonly runbook: RunbookName;
  readonly hypothesis: HypothesisName;
  readonly result: 'rejected' | 'unproven' | 'not-recovered' | 'failed';
  /** The release that it went back to and that proved bad: another one may still help. */
  readonly blamed: BlamedRelease | null;
  readonly summary: string;
}

/** How an incident is about to end, before the last checks. */
export interface Conclusion {
  readonly outcome: Outcome;
  readonly summary: string;
}

/** Everything an incident knows. Plain JSON: it survives as history and through continue-as-new. */
export interface IncidentState {
  readonly ref: IncidentRef;
  readonly target: DeploymentTarget;
  readonly settings: Settings;
  readonly openedAt: string;
  phase: Phase;
  severity: 'critical' | 'warning';
  episode: OpenedEpisode | null;
  conclusion: Conclusion | null;
  outcome: Outcome | null;
  closedAt: string | null;
  headline: string;
  /** Newest event per alert name and objective. */
  alerts: AlertEvent[];
  seenAlertKeys: string[];
  /** Firing alerts heard so far. By order of arrival: clocks of senders may be wrong. */
  firingHeard: number;
  /** Firing alerts heard since the incident closed: they open the next episode. */
  heardAfterClose: AlertEvent[];
  /** The service first, then its dependencies. */
  health: ServiceHealth[];
  /** Epoch milliseconds; 0: not read yet. */
  healthReadAt: number;
  breachSeen: boolean;
  /** What each template served, of all readings of the service. */
  counted: TemplateCount[];
  facts: DeploymentFacts | null;
  hypotheses: HypothesisView[];
  candidates: Candidate[];
  attempts: Attempt[];
  plan: Plan | null;
  question: QuestionView | null;
  verdict: Verdict | null;
  steps: number;
  /** Remedies applied: bounded by the policy's maxAttempts. */
  remedies: number;
  planChanges: number;
  mutationsApplied: number;
  /** Ids of the mutations applied: the newest on an object may be one of ours. */
  ownMutations: string[];
  /** The remedy that led to recovery, for the record. */
  cure: { readonly runbook: RunbookName; readonly hypothesis: HypothesisName } | null;
  /** ISO 8601: the evaluation that found the breach. */
  breachedFrom: string | null;
  mitigatedAt: string | null;
  recoveredAt: string | null;
  nextSequence: number;
  timeline: TimelineEvent[];
}

export function newIncidentState(
  ref: IncidentRef,
  cluster: string,
  settings: Settings,
  openedAt: string,
): IncidentState {
  return {
    ref,
    target: { cluster, ...settings.service.deployment },
    settings,
    openedAt,
    phase: 'open',
    severity: 'warning',
    episode: null,
    conclusion: null,
    outcome: null,
    closedAt: null,
    headline: 'opened',
    alerts: [],
    seenAlertKeys: [],
    firingHeard: 0,
    heardAfterClose: [],
    health: [],
    healthReadAt: 0,
    breachSeen: false,
    counted: [],
    facts: null,
    hypotheses: [],
    candidates: [],
    attempts: [],
    plan: null,
    question: null,
    verdict: null,
    steps: 0,
    remedies: 0,
    planChanges: 0,
    mutationsApplied: 0,
    ownMutations: [],
    cure: null,
    breachedFrom: null,
    mitigatedAt: null,
    recoveredAt: null,
    nextSequence: 1,
    timeline: [],
  };
}

const rememberedAlerts = 50;
const rememberedKeys = 200;
const rememberedEvents = 30;

/** Takes an alert in. False when this very event was seen before: a re-send changes nothing. */
export function takeAlert(state: IncidentState, alert: AlertEvent): boolean {
  if (state.seenAlertKeys.includes(alert.key)) return false;
  state.seenAlertKeys = [...state.seenAlertKeys, alert.key].slice(-rememberedKeys);
  state.alerts = [
    ...state.alerts.filter((a) => a.alertname !== alert.alertname || a.slo !== alert.slo),
    alert,
  ].slice(-rememberedAlerts);
  if (alert.status === 'resolved') return true;
  state.firingHeard += 1;
  if (alert.severity === 'critical') state.severity = 'critical';
  if (state.closedAt !== null) {
    state.heardAfterClose = [...state.heardAfterClose, alert].slice(-rememberedAlerts);
  }
  return true;
}

/** Adds an event to the timeline; the state keeps the newest, the registry all. */
export function addEvent(
  state: IncidentState,
  at: string,
  kind: TimelineKind,
  summary: string,
  details?: unknown,
): TimelineEvent {
  const event: TimelineEvent = {
    sequence: state.nextSequence,
    at,
    phase: state.phase,
    kind,
    summary,
    ...(details === undefined ? {} : { details }),
  };
  state.nextSequence += 1;
  state.timeline = [...state.timeline, event].slice(-rememberedEvents);
  return event;
}
