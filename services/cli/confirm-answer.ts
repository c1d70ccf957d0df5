import type { IncidentView } from '../../workflows/incident-view.js';
import type { DecisionMessage } from '../../workflows/messages.js';
import { CommandFailure, exitCodes } from './command.js';
import type { CliContext } from './command.js';
import { commandLine } from './command-line.js';
import { answerCommand, describeAnswer, describeWaiting } from './describe-waiting.js';
import type { AnswerWords } from './describe-waiting.js';
import { stackWords } from './stack-name.js';

interface ConfirmOptions extends AnswerWords {
  readonly json?: boolean;
}

/**
 * Shows what waits and has a person say that the answer is meant for just that.
 * @throws CommandFailure: bad usage with the command to paste when there is nobody to ask, refused when they say no.
 */
export async function confirmAnswer(
  { ask, print }: Pick<CliContext, 'ask' | 'print'>,
  view: IncidentView,
  answer: DecisionMessage,
  { json = false, ...words }: ConfirmOptions,
): Promise<void> {
  const incident = view.name ?? view.service;
  // Whoever wants JSON is a program.
  if (ask === null || json) {
    const show = ['incidents', 'show', incident, ...stackWords(words.name)];
    throw new CommandFailure(
      [
        `say what you have read. Waiting: ${view.question?.text ?? view.headline}`,
        `  read:  ${commandLine(show)}`,
        `  then:  ${answerCommand(incident, answer, words)}`,
      ].join('\n'),
      exitCodes.badUsage,
    );
  }
  print(`${incident}: ${view.headline}`);
  describeWaiting(view).forEach(print);
  if (!/^y(es)?$/i.test((await ask(`\n${describeAnswer(answer)}? [y/N] `)).trim())) {
    throw new CommandFailure('nothing was sent', exitCodes.refused);
  }
}
