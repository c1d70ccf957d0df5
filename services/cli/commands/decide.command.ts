import { userInfo } from 'node:os';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { IncidentView } from '../../../workflows/incident-view.js';
import type { DecisionMessage } from '../../../workflows/messages.js';
import {
  DecisionRefused,
  DecisionUnanswered,
  RunbookClient,
} from '../../shared/temporal/runbook-client.js';
import type { TemporalAddress } from '../../shared/temporal/temporal-address.js';
import { CommandFailure, exitCodes } from '../command.js';
import type { CliContext, RegisterCommand } from '../command.js';
import { findBackends } from '../find-backends.js';

interface DecideOptions {
  readonly step?: string;
  readonly runbook?: string;
  readonly reason: string;
  readonly by: string;
  readonly name?: string;
  readonly json?: boolean;
}
type Verb = DecisionMessage['decision'];

const verbs: Readonly<Record<Verb, string>> = {
  approve: 'Approve the plan that waits, or choose the runbook to plan',
  reject: 'Reject the plan that waits; the next candidate follows',
  wait: 'Do nothing now: the incident looks again',
  close: 'Close the incident: it was handled by hand',
  abort: 'Stop the incident: undo what has a defined undo, and close',
};

export const registerDecide: RegisterCommand = (program, context) => {
  for (const [verb, description] of Object.entries(verbs) as [Verb, string][]) {
    const command = program
      .command(`${verb} <id>`)
      .description(description)
      .option('--step <step>', 'only if this step is the one that waits')
      .requiredOption('--reason <text>', 'why: it stays on record')
      .option('--by <name>', 'who decides', userInfo().username)
      .option('--name <name>', 'a local stack of that name instead of the environment')
      .option('--json', 'print the incident as JSON')
      .addHelpText('after', '\nid: the name of an open incident (billing-7) or its service');
    if (verb === 'approve') {
      command.option('--runbook <runbook>', 'which one, where several are offered');
    }
    command.action((id: string, options: DecideOptions) => decide(context, verb, id, options));
  }
};

async function decide(
  { environment, print }: CliContext,
  verb: Verb,
  id: string,
  options: DecideOptions,
): Promise<void> {
  const { temporal } = await findBackends(environment, options.name);
  const client = await connect(temporal, environment);
  try {
    const view = await findOpenIncident(client, id);
    const { reason, by } = options;
    const decision = { ...chooseAnswer(view, verb, options), reason, by };
    const after = await client.decide(view.service, decision);
    print(
      options.json === true
        ? JSON.stringify(after, null, 2)
        : `${verb} of ${after.name ?? after.service} is on record: ${after.headline}`,
    );
  } catch (error) {
    throw asCommandFailure(error);
  } finally {
    await client.close();
  }
}

async function connect(
  temporal: TemporalAddress,
  environment: CliContext['environment'],
): Promise<RunbookClient> {
  try {
    return await RunbookClient.connect({
      ...temporal,
      namespace: environment.TEMPORAL_NAMESPACE,
      taskQueue: environment.TEMPORAL_TASK_QUEUE,
      environment: environment.RUNBOOK_ENVIRONMENT,
    });
  } catch (error) {
    throw new CommandFailure(
      `${(error as Error).message}. Set TEMPORAL_ADDRESS, or start the local stack: runbook up`,
      exitCodes.unreachable,
      { cause: error },
    );
  }
}

/** By its service, or by its name, which must be that of the episode that is open now. */
async function findOpenIncident(client: RunbookClient, id: string): Promise<IncidentView> {
  const services = new Set([id, id.replace(/-\d+$/, '')]);
  for (const service of services) {
    try {
      const view = await client.state(service);
      if (id !== service && view.name !== id) {
        throw new DecisionRefused(`${id} is not open; ${view.name ?? 'a newer incident'} is`);
      }
      if (view.outcome !== null) {
        throw new DecisionRefused(`${view.name ?? id} is closed: ${view.outcome}`);
      }
      return view;
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  }
  throw new DecisionRefused(`no open incident ${id}; see runbook incidents list`);
}

/** The offered answer that says what the person means. The workflow checks it again. */
export function chooseAnswer(
  { question, headline }: Pick<IncidentView, 'question' | 'headline'>,
  verb: Verb,
  { step, runbook }: Pick<DecideOptions, 'step' | 'runbook'>,
): DecisionMessage {
  if (verb === 'abort') return { stepId: question?.stepId ?? '', decision: 'abort' };
  if (question === null) {
    throw new DecisionRefused(`nothing waits for a decision now: ${headline}`);
  }
  if (step !== undefined && step !== question.stepId) {
    throw new DecisionRefused(`step ${step} does not wait; ${question.stepId} does`);
  }
  const fitting = question.answers.filter(
    (answer) => answer.decision === verb && (runbook === undefined || answer.runbook === runbook),
  );
  const [answer, ...others] = fitting;
  if (answer === undefined) {
    const offered = question.answers.map((one) => one.runbook ?? one.decision).join(', ');
    throw new DecisionRefused(`${verb} is no answer to "${question.text}"; offered: ${offered}`);
  }
  if (others.length > 0) {
    const names = fitting.map((one) => one.runbook).join(', ');
    throw new CommandFailure(`say which with --runbook: ${names}`, exitCodes.badUsage);
  }
  return answer;
}

function asCommandFailure(error: unknown): unknown {
  if (error instanceof DecisionRefused) {
    return new CommandFailure(error.message, exitCodes.refused, { cause: error });
  }
  if (error instanceof CommandFailure) return error;
  const message = error instanceof Error ? error.message : String(error);
  const detail =
    error instanceof DecisionUnanswered ? message : `could not ask the incident: ${message}`;
  return new CommandFailure(detail, exitCodes.unreachable, { cause: error });
}
