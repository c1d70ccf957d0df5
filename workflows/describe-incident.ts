import type { Verdict } from '../activities/contracts/monitoring.contract.js';
import type { Outcome, Phase, TimelineEvent } from '../activities/contracts/registry.contract.js';
import type { IncidentState, Plan } from './incident-state.js';
import type { DecisionMessage } from './messages.js';

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

export function describeIncident(state: IncidentState): IncidentView {
  return {
    workflowId: state.ref.workflowId,
    runId: state.ref.runId,
    name: state.episode?.name ?? null,
    environment: state.ref.environment,
    service: state.ref.service,
    severity: state.severity,
    phase: state.phase,
    outcome: state.outcome,
    openedAt: state.openedAt,
    headline: state.headline,
    hypotheses: state.hypotheses,
    plan: state.plan === null ? null : describePlan(state.plan),
    question: state.question,
    verdict: state.verdict,
    mutationsApplied: state.mutationsApplied,
    timeline: state.timeline,
  };
}

function describePlan(plan: Plan): PlanView {
  return {
    stepId: plan.stepId,
    runbook: plan.runbook,
    hash: plan.hash,
    risk: plan.risk,
    summary: plan.summary,
    expectedEffect: plan.expectedEffect,
    undo: plan.undo,
    mutations: plan.mutations.map(({ summary, diff }) => ({ summary, diff })),
  };
}

/** Markdown for the Temporal UI's current details: bounded, the newest first where it is long. */
export function renderIncident(view: IncidentView): string {
  const title = `## ${view.name ?? view.service}: ${view.outcome ?? view.phase}\n\n${view.headline}`;
  return [
    title,
    renderQuestion(view),
    renderPlan(view),
    renderHypotheses(view),
    renderTimeline(view),
  ]
    .filter((section) => section !== '')
    .join('\n\n')
    .slice(0, 18_000);
}

function renderQuestion({ question }: IncidentView): string {
  if (question === null) return '';
  // A field a line: on one line the decision would stand out of sight, behind the hash.
  const answers = question.answers.map(({ decision, ...rest }) =>
    ['```json', JSON.stringify({ decision, ...rest }, null, 2), '```'].join('\n'),
  );
  return [
    `### Waiting for ${question.role} until ${question.deadline}`,
    question.text,
    'Send the signal `decide` (More Actions, Send a Signal) with one of these, and add "by" and "reason":',
    ...answers,
  ].join('\n\n');
}

function renderPlan({ plan }: IncidentView): string {
  if (plan === null) return '';
  const diffs = plan.mutations.map(
    (mutation) => `${mutation.summary}\n\n\`\`\`diff\n${mutation.diff.slice(0, 4_000)}\n\`\`\``,
  );
  return [
    `### Plan: ${plan.runbook} (risk ${plan.risk})`,
    plan.summary,
    `Expected: ${plan.expectedEffect}. Undo: ${plan.undo}.`,
    `Plan hash \`${plan.hash}\`, step \`${plan.stepId}\``,
    ...diffs,
  ].join('\n\n');
}

function renderHypotheses({ hypotheses }: IncidentView): string {
  if (hypotheses.length === 0) return '';
  const lines = hypotheses.map((hypothesis) =>
    [
      `- **${hypothesis.name}** ${hypothesis.score}`,
      ...hypothesis.for.map((statement) => `  - for: ${statement}`),
      ...hypothesis.against.map((statement) => `  - against: ${statement}`),
      ...hypothesis.unknown.map((statement) => `  - unknown: ${statement}`),
    ].join('\n'),
  );
  return ['### What fits the evidence', ...lines].join('\n');
}

function renderTimeline({ timeline }: IncidentView): string {
  const lines = timeline
    .toReversed()
    .map((event) => `- ${event.at.slice(11, 19)} **${event.phase}** ${event.summary}`);
  return ['### Timeline, newest first', ...lines].join('\n');
}
