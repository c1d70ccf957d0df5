import { setTimeout as sleep } from 'node:timers/promises';
import Table from 'cli-table3';
import type { Command } from 'commander';
import pc from 'picocolors';
import type { TimelineEvent } from '../../../activities/contracts/registry.contract.js';
import type { IncidentView } from '../../../workflows/incident-view.js';
import type { IncidentRecord } from '../../shared/storage/registry/incident-record.js';
import { CommandFailure, exitCodes } from '../command.js';
import type { CliContext, RegisterCommand } from '../command.js';
import { exitCodeOf } from '../describe-outcome.js';
import { findBackends } from '../find-backends.js';
import { readFromApi, streamFromApi } from '../incident-api-client.js';
import type { IncidentApiOptions } from '../incident-api-client.js';

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
  readonly timeline: readonly TimelineEvent[];
  readonly live: IncidentView | null;
}

export const registerIncidents: RegisterCommand = (program, context) => {
  const incidents = program.command('incidents').description('List, show and follow incidents');
  registerList(incidents, context);
  registerShow(incidents, context);
  registerWatch(incidents, context);
};

const idHelp = 'name (billing-7), run id, or a service for its latest';
const nameHelp = 'a local stack of that name instead of the environment';

function registerList(incidents: Command, context: CliContext): void {
  incidents
    .command('list', { isDefault: true })
    .description('Incidents, newest first')
    .option('--service <service>', 'of this service only')
    .option('--limit <count>', 'at most so many, up to 200', '20')
    .option('--name <name>', nameHelp)
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
    .option('--name <name>', nameHelp)
    .option('--json', 'print JSON')
    .addHelpText('after', `\nid: ${idHelp}`)
    .action(async (id: string, { name, json = false }: CommonOptions) => {
      const api = await apiOf(context, name);
      const detail = (await readFromApi(api, pathOf(id))) as IncidentDetail;
      if (json) context.print(JSON.stringify(detail, null, 2));
      else describe(detail).forEach(context.print);
    });
}

function registerWatch(incidents: Command, context: CliContext): void {
  incidents
    .command('watch <id>')
    .description('Follow the timeline until the incident is closed; ends with its outcome')
    .option('--name <name>', nameHelp)
    .option('--json', 'print one JSON object a line')
    .addHelpText('after', `\nid: ${idHelp}`)
    .action(async (id: string, { name, json = false }: CommonOptions) => {
      const api = await apiOf(context, name);
      const incident = await follow(api, id, (event) => {
        context.print(json ? JSON.stringify(event) : lineOf(event));
      });
      const { outcome } = incident;
      if (json) context.print(JSON.stringify(incident));
      else context.print(`${incident.name}: ${outcome ?? ''}`);
      const exitCode = outcome === null ? exitCodes.failed : exitCodeOf(outcome);
      if (exitCode !== exitCodes.done) {
        throw new CommandFailure(
          `${incident.name} ended ${outcome ?? 'open'}: see runbook postmortem ${incident.name}`,
          exitCode,
        );
      }
    });
}

/** Follows one episode to its end, over cut connections. */
async function follow(
  api: IncidentApiOptions,
  id: string,
  onEvent: (event: TimelineEvent) => void,
): Promise<IncidentRecord> {
  // By run id from here on: a service's latest incident may be another one after a cut.
  const { incident } = (await readFromApi(api, pathOf(id))) as IncidentDetail;
  const path = `${pathOf(incident.runId)}/events`;
  let lastEventId: string | null = null;
  for (;;) {
    for await (const { id: eventId, event, data } of streamFromApi(api, path, lastEventId)) {
      if (event === 'closed') return JSON.parse(data) as IncidentRecord;
      if (event !== 'timeline') continue;
      lastEventId = eventId;
      onEvent(JSON.parse(data) as TimelineEvent);
    }
    await sleep(1_000);
  }
}

async function apiOf(
  { environment }: CliContext,
  stackName: string | undefined,
): Promise<IncidentApiOptions> {
  const { incidentApiUrl } = await findBackends(environment, stackName);
  return { url: incidentApiUrl, token: environment.SERVICE_TOKEN };
}

const pathOf = (id: string): string => `/incidents/${encodeURIComponent(id)}`;

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

function describe({ incident, timeline, live }: IncidentDetail): string[] {
  const state = incident.outcome ?? `open, ${live?.phase ?? incident.phase}`;
  return [
    pc.bold(`${incident.name}: ${state}`),
    live?.headline ?? incident.closingSummary ?? incident.summary ?? '',
    ...(live === null ? [] : describeLive(incident.name, live)),
    '',
    ...timeline.map(lineOf),
  ];
}

function describeLive(name: string, { plan, question }: IncidentView): string[] {
  return [
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
          '',
          pc.bold(`waits for ${question.role} until ${question.deadline}`),
          question.text,
          ...question.answers.map(
            ({ decision, runbook }) =>
              `  runbook ${decision} ${name} --step ${question.stepId}${runbook === undefined ? '' : ` --runbook ${runbook}`} --reason TEXT`,
          ),
        ]),
  ];
}

const lineOf = ({ at, phase, summary }: TimelineEvent): string =>
  `${pc.dim(at.slice(11, 23))} ${phase.padEnd(8)} ${summary}`;
