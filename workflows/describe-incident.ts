import type { IncidentState, Plan } from './incident-state.js';
import type { IncidentView, PlanView, RevisionView } from './incident-view.js';

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
    ...(question.revisions === undefined ? [] : [renderRevisions(question.revisions)]),
    'Send the signal `decide` (More Actions, Send a Signal) with one of these, and add "by" and "reason":',
    ...answers,
  ].join('\n\n');
}

function renderRevisions(revisions: readonly RevisionView[]): string {
  return [
    'Revisions, newest first. To choose one: `approve` with `"runbook": "rollback"` and `"revision": N`, where no plan waits.',
    ...revisions.map(
      ({ revision, changeCause, image, createdAt, known }) =>
        `- **${revision}** ${changeCause ?? ''} ${image}, made ${createdAt}: ${known}`,
    ),
  ].join('\n');
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
