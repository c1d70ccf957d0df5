import { userInfo } from 'node:os';
import { WorkflowNotFoundError } from '@temporalio/client';
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import type { IncidentView } from '../../../workflows/incident-view.js';
import type { DecisionMessage } from '../../../workflows/messages.js';
import { explainTemporalFault } from '../../shared/temporal/explain-temporal-fault.js';
import {
  DecisionRefused,
  DecisionUnanswered,
  RunbookClient,
} from '../../shared/temporal/runbook-client.js';
import type { TemporalAddress } from '../../shared/temporal/temporal-address.js';
import { chooseAnswer } from '../choose-answer.js';
import type { Reading } from '../choose-answer.js';
import { CommandFailure, exitCodes } from '../command.js';
import type { CliContext, RegisterCommand } from '../command.js';
import { commandLine } from '../command-line.js';
import { confirmAnswer } from '../confirm-answer.js';
import { describeAnswer } from '../describe-waiting.js';
import { findBackends } from '../find-backends.js';
import { stackName, stackNameHelp, stackWords } from '../stack-name.js';

interface DecideOptions extends Reading {
  readonly reason?: string;
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
/** Verbs that speak of something particular, which a person must have read. */
const readFirst: ReadonlySet<Verb> = new Set(['approve', 'reject']);

export const registerDecide: RegisterCommand = (program, context) => {
  for (const [verb, description] of Object.entries(verbs) as [Verb, string][]) {
    const command = program
      .command(`${verb} <id>`)
      .description(description)
      .option('--step <step>', 'the step you have read: refused when another one waits')
      .option('--reason <text>', 'required: why; it stays on record')
      .option('--by <name>', 'who decides', userInfo().username)
      .option('--name <name>', stackNameHelp, stackName)
      .option('--json', 'print the incident as JSON')
      .addHelpText('after', '\nid: the name of an open incident (billing-7) or its service');
    if (readFirst.has(verb)) {
      command
        .option('--plan <hash>', 'the plan you have read, 8 characters of its hash or more', hash)
        .addHelpText(
          'after',
          '\nWithout --step and --plan it shows what waits and asks, if it has a terminal.',
        );
    }
    if (verb === 'approve') {
      command
        .option('--runbook <runbook>', 'where runbooks are offered and no plan waits')
        .option('--revision <number>', 'with --runbook rollback: the one to go back to', revision);
    }
    command.action((id: string, options: DecideOptions, self: Command) => {
      // Commander itself would complain of a missing reason before it complains of a missing id.
      const { reason = '' } = options;
      if (reason.trim() === '') self.error("error: option '--reason <text>' is required");
      return decide(context, verb, id, { ...options, reason });
    });
  }
};

function hash(value: string): string {
  if (/^[0-9a-f]{8,64}$/.test(value)) return value;
  throw new InvalidArgumentError('Expected 8 to 64 hexadecimal digits, as they are shown.');
}

function revision(value: string): number {
  if (/^[1-9]\d{0,8}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('Expected the number of a revision, as they are shown.');
}

async function decide(
  context: CliContext,
  verb: Verb,
  id: string,
  options: DecideOptions & { readonly reason: string },
): Promise<void> {
  const { environment, print, note } = context;
  const { reason, by, step, plan } = options;
  const { temporal } = await findBackends(environment, options.name);
  const client = await connect(temporal, environment);
  try {
    const view = await findOpenIncident(client, id);
    const answer = chooseAnswer(view, verb, options);
    if (readFirst.has(verb) && step === undefined && plan === undefined) {
      const otherPerson = by === userInfo().username ? undefined : by;
      await confirmAnswer(context, view, answer, { ...options, by: otherPerson });
    }
    const chosen = view.question?.revisions?.find((one) => one.revision === answer.revision);
    if (chosen?.standing === 'bad') note(`warning: revision ${chosen.revision} ${chosen.known}`);
    const { runId, service } = view;
    const after = await client.decide(service, { ...answer, reason, by }, { runId });
    const incident = after.name ?? after.service;
    const follow = ['incidents', 'watch', incident, ...stackWords(options.name)];
    print(
      options.json === true
        ? JSON.stringify(after, null, 2)
        : `${describeAnswer(answer)}: on record of ${incident}. Follow it: ${commandLine(follow)}`,
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
      `${(error as Error).message}. Set TEMPORAL_ADDRESS, or start the local stack: npx runbook up`,
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
  throw new DecisionRefused(`no open incident ${id}; see npx runbook incidents list`);
}

function asCommandFailure(error: unknown): unknown {
  if (error instanceof DecisionRefused) {
    return new CommandFailure(error.message, exitCodes.refused, { cause: error });
  }
  if (error instanceof CommandFailure) return error;
  const detail =
    error instanceof DecisionUnanswered
      ? error.message
      : `could not ask the incident: ${explainTemporalFault(error)}. See that Temporal and a worker run`;
  return new CommandFailure(detail, exitCodes.unreachable, { cause: error });
}
