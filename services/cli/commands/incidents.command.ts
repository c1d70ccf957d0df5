import Table from 'cli-table3';
import type { Command } from 'commander';
import pc from 'picocolors';
import type { TimelineEvent } from '../../../activities/contracts/registry.contract.js';
import type { IncidentView } from '../../../workflows/incident-view.js';
import type { IncidentRecord } from '../../shared/storage/registry/incident-record.js';
import { CommandFailure, exitCodes } from '../command.js';
import type { CliContext, RegisterCommand } from '../command.js';
import { commandLine } from '../command-line.js';
import { exitCodeOf } from '../describe-outcome.js';
import { answerCommand, describeWaiting } from '../describe-waiting.js';
import { findBackends } from '../find-backends.js';
import { followIncident, incidentPath } from '../follow-incident.js';
import type { FollowOptions } from '../follow-incident.js';
import { readFromApi } from '../incident-api-client.js';
import type { IncidentApiOptions } from '../incident-api-client.js';
import { stackName, stackNameHelp, stackWords } from '../stack-name.js';

interface CommonOptions {
  readonly name?: string;
  readonly json?: boolean;
}
interface ListOptions extends CommonOptions {
  readonly service?: string;
  readonly limit: string;
}
interface IncidentDetail {
  readonly incident: IncidentRecord;
  /** The newest events, oldest of them first; `eventCount` says how many there are in all. */
  readonly timeline: readonly TimelineEvent[];
  readonly eventCount: number;
  readonly live: IncidentView | null;
}

export const registerIncidents: RegisterCommand = (program, context) => {
  const incidents = program.command('incidents').description('List, show and follow incidents');
  registerList(incidents, context);
  registerShow(incidents, context);
  registerWatch(incidents, context);
};

const idHelp = 'name (billing-7), run id, or a service for its latest';
/** As many events as a person will look through; a program gets as many as there are at once. */
const shownEvents = 200;
const mostEvents = 1_000;

function registerList(incidents: Command, context: CliContext): void {
  incidents
    .command('list', { isDefault: true })
    .description('Incidents, newest first')
    .option('--service <service>', 'of this service only')
    .option('--limit <count>', 'at most so many, up to 200', '20')
    .option('--name <name>', stackNameHelp, stackName)
    .option('--json', 'print JSON')
    .action(async ({ name, json = false, service, limit }: ListOptions) => {
      const query = new URLSearchParams({ limit, ...(service === undefined ? {} : { service }) });
      const page = (await readFromApi(
        await apiOf(context, name),
        `/incidents?${query.toString()}`,
      )) as { readonly incidents: readonly IncidentRecord[] };
      if (json) context.print(JSON.stringify(page, null, 2));
      else if (page.incidents.length === 0) context.note('no incidents yet');
      else context.print(tableOf(page.incidents));
    });
}

function registerShow(incidents: Command, context: CliContext): void {
  incidents
    .command('show <id>')
    .description('One incident: where it stands, its plan, what waits for whom, its timeline')
    .option('--name <name>', stackNameHelp, stackName)
    .option('--json', 'print JSON')
    .addHelpText('after', `\nid: ${idHelp}`)
    .action(async (id: string, { name, json = false }: CommonOptions) => {
      const api = await apiOf(context, name);
      const events = json ? mostEvents : shownEvents;
      const detail = (await readFromApi(
        api,
        `${incidentPath(id)}?events=${events}`,
      )) as IncidentDetail;
      if (json) context.print(JSON.stringify(detail, null, 2));
      else describe(detail, name).forEach(context.print);
    });
}

function registerWatch(incidents: Command, context: CliContext): void {
  incidents
    .command('watch <id>')
    .description('Follow the timeline until the incident is closed; ends with its outcome')
    .option('--name <name>', stackNameHelp, stackName)
    .option('--json', 'print one JSON object a line')
    .addHelpText('after', `\nid: ${idHelp}`)
    .action(async (id: string, { name, json = false }: CommonOptions) => {
      const api = await apiOf(context, name);
      const { incident: followed } = (await readFromApi(
        api,
        `${incidentPath(id)}?events=1`,
      )) as IncidentDetail;
      const incident = await follow(api, followed, name, {
        onEvent: (event) => {
          context.print(json ? JSON.stringify(event) : lineOf(event));
        },
        onNote: context.note,
      });
      const { outcome } = incident;
      if (json) context.print(JSON.stringify(incident));
      else context.print(`${incident.name}: ${outcome ?? ''}`);
      const exitCode = outcome === null ? exitCodes.failed : exitCodeOf(outcome);
      if (exitCode !== exitCodes.done) {
        throw new CommandFailure(
          `${incident.name} ended ${outcome ?? 'open'}: see npx runbook postmortem ${incident.name}`,
          exitCode,
        );
      }
    });
}

/** By run id: a service's latest incident may be another one after a cut. */
async function follow(
  api: IncidentApiOptions,
  { runId, name }: IncidentRecord,
  stack: string | undefined,
  options: FollowOptions,
): Promise<IncidentRecord> {
  try {
    return await followIncident(api, runId, options);
  } catch (error) {
    if (!(error instanceof CommandFailure) || error.exitCode !== exitCodes.unreachable) throw error;
    const again = ['incidents', 'watch', name, ...stackWords(stack)];
    throw new CommandFailure(
      `${error.message}. Go on with: ${commandLine(again)}`,
      error.exitCode,
      { cause: error },
    );
  }
}

async function apiOf(
  { environment }: CliContext,
  stackName: string | undefined,
): Promise<IncidentApiOptions> {
  const { incidentApiUrl } = await findBackends(environment, stackName);
  return { url: incidentApiUrl, token: environment.SERVICE_TOKEN };
}

function tableOf(records: readonly IncidentRecord[]): string {
  const table = new Table({
    head: ['incident', 'opened', 'severity', 'state', 'runbook', 'what'],
    style: { head: [], border: [] },
    colWidths: [null, null, null, null, null, 60],
    wordWrap: true,
  });
  for (const record of records) {
    table.push([
      record.name,
      record.openedAt?.slice(0, 19).replace('T', ' ') ?? '',
      record.severity ?? '',
      record.outcome ?? `open: ${record.phase}`,
      record.runbook ?? '',
      record.closingSummary ?? record.summary ?? '',
    ]);
  }
  return table.toString();
}

function describe(
  { incident, timeline, eventCount, live }: IncidentDetail,
  stack: string | undefined,
): string[] {
  const state = incident.outcome ?? `open, ${live?.phase ?? incident.phase}`;
  const earlier = eventCount - timeline.length;
  return [
    pc.bold(`${incident.name}: ${state}`),
    // A question repeats the headline.
    ...(live?.question?.text.startsWith(live.headline) === true
      ? []
      : [live?.headline ?? incident.closingSummary ?? incident.summary ?? '']),
    ...(live === null ? [] : describeWaiting(live)),
    ...(live?.question?.answers.map(
      (answer) => `  ${answerCommand(incident.name, answer, { reason: '…', name: stack })}`,
    ) ?? []),
    '',
    ...(earlier > 0
      ? [pc.dim(`… ${earlier} earlier, see npx runbook postmortem ${incident.name}`)]
      : []),
    ...timeline.map(lineOf),
  ];
}

const lineOf = ({ at, phase, summary }: TimelineEvent): string =>
  `${pc.dim(at.slice(11, 23))} ${phase.padEnd(8)} ${summary}`;
