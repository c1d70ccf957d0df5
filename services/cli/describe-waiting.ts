import pc from 'picocolors';
import type { HypothesisView, IncidentView } from '../../workflows/incident-view.js';
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
      : ['', pc.bold(`waits for ${question.role} until ${question.deadline}`), question.text]),
  ];
}

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
  { decision, stepId, planHash, runbook }: DecisionMessage,
  { reason, by, name }: AnswerWords,
): string {
  return commandLine([
    decision,
    incident,
    ...(planHash === undefined
      ? ['--step', stepId]
      : ['--plan', planHash.slice(0, shownHashLength)]),
    ...(runbook === undefined ? [] : ['--runbook', runbook]),
    '--reason',
    reason,
    ...(by === undefined ? [] : ['--by', by]),
    ...stackWords(name),
  ]);
}
