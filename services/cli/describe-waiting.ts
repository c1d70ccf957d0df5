import pc from 'picocolors';
import type { HypothesisView, IncidentView, RevisionView } from '../../workflows/incident-view.js';
import type { DecisionMessage } from '../../workflows/messages.js';
import { commandLine } from './command-line.js';
import { stackWords } from './stack-name.js';

type Waiting = Pick<IncidentView, 'hypotheses' | 'plan' | 'question'>;

/** What a person must have read before they decide: the causes weighed, the plan with its diff, the question. */
export function describeWaiting({ hypotheses, plan, question }: Waiting): string[] {
  return [
    ...(hypotheses.length === 0 ? [] : ['', pc.bold('what fits the evidence')]),
    ...hypotheses.flatMap(describeHypothesis),
    ...(plan === null
      ? []
      : [
          '',
          pc.bold(`plan ${plan.runbook}, risk ${plan.risk}, hash ${plan.hash}`),
          plan.summary,
          `expected: ${plan.expectedEffect}; undo: ${plan.undo}`,
          ...plan.mutations.flatMap(({ summary, diff }) => [summary, diff]),
        ]),
    ...(question === null
      ? []
      : [
          ...describeRevisions(question.revisions ?? []),
          '',
          pc.bold(`waits for ${question.role} until ${question.deadline}`),
          question.text,
        ]),
  ];
}

/** What a rollback may go to. Where no plan waits, each that is not refused may be chosen. */
function describeRevisions(revisions: readonly RevisionView[]): string[] {
  if (revisions.length === 0) return [];
  return [
    '',
    pc.bold('revisions, newest first (approve --runbook rollback --revision N)'),
    ...revisions.map(
      ({ revision, changeCause, image, createdAt, known }) =>
        `  ${revision}  ${changeCause === null ? '' : `${changeCause}, `}${image}, made ${createdAt}: ${known}`,
    ),
  ];
}

/** `approve rollback to revision 2`. */
export const describeAnswer = ({ decision, runbook, revision }: DecisionMessage): string =>
  [decision, runbook, revision === undefined ? undefined : `to revision ${revision}`]
    .filter((word) => word !== undefined)
    .join(' ');

const describeHypothesis = (hypothesis: HypothesisView): string[] => [
  `  ${hypothesis.name} ${hypothesis.score}`,
  ...hypothesis.for.map((text) => `    for: ${text}`),
  ...hypothesis.against.map((text) => `    against: ${text}`),
  ...hypothesis.unknown.map((text) => `    not known: ${text}`),
];

/** Enough of a hash for a person to compare, and for nobody to meet by chance. */
const shownHashLength = 12;

/** What a command says beside the answer: why, who if not whoever types it, on which local stack. */
export interface AnswerWords {
  readonly reason: string;
  readonly by?: string | undefined;
  readonly name?: string | undefined;
}

/** The command that gives this answer to what was read, and to nothing else. */
export function answerCommand(
  incident: string,
  { decision, stepId, planHash, runbook, revision }: DecisionMessage,
  { reason, by, name }: AnswerWords,
): string {
  return commandLine([
    decision,
    incident,
    ...(planHash === undefined
      ? ['--step', stepId]
      : ['--plan', planHash.slice(0, shownHashLength)]),
    ...(runbook === undefined ? [] : ['--runbook', runbook]),
    ...(revision === undefined ? [] : ['--revision', String(revision)]),
    '--reason',
    reason,
    ...(by === undefined ? [] : ['--by', by]),
    ...stackWords(name),
  ]);
}
