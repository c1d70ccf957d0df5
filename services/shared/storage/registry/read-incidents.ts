import type { Row } from 'postgres';
import type { SloSeries } from '../../../../activities/contracts/monitoring.contract.js';
import type { TimelineEvent } from '../../../../activities/contracts/registry.contract.js';
import type { Database } from '../database.js';
import type { IncidentRecord, IncidentSeries } from './incident-record.js';

const columns = (sql: Database) => sql`
  id::int as id, name, number, workflow_id as "workflowId", run_id as "runId", environment, service,
  opened_at as "openedAt", severity, trigger, summary, configuration_override as "configurationOverride",
  phase, runbook, outcome, closed_at as "closedAt", closing_summary as "closingSummary",
  root_cause as "rootCause", mutations, impact_from as "impactFrom", impact_known_by as "impactKnownBy", breached_from as "breachedFrom", detected_at as "detectedAt",
  mitigated_at as "mitigatedAt", recovered_at as "recoveredAt"`;

/** The driver gives times as `Date`; records hold ISO 8601 text, as everywhere else. */
const withIsoTimes = (row: Row): unknown =>
  Object.fromEntries(
    Object.entries(row).map(([key, value]: [string, unknown]) => [
      key,
      value instanceof Date ? value.toISOString() : value,
    ]),
  );

export interface ListIncidentsQuery {
  readonly environment: string;
  readonly service?: string | undefined;
  readonly limit: number;
  /** Only episodes older than this `id`. */
  readonly before?: number | undefined;
}

/** Newest first. */
export async function listIncidents(
  sql: Database,
  { environment, service, limit, before }: ListIncidentsQuery,
): Promise<IncidentRecord[]> {
  const rows = await sql`
    select ${columns(sql)} from incidents
    where environment = ${environment}
      ${service === undefined ? sql`` : sql`and service = ${service}`}
      ${before === undefined ? sql`` : sql`and incidents.id < ${before}`}
    order by incidents.id desc limit ${limit}`;
  return rows.map((row) => withIsoTimes(row) as IncidentRecord);
}

/** By name (`billing-7`), run id, or service (its latest episode). Null when there is none. */
export async function findIncident(
  sql: Database,
  environment: string,
  reference: string,
): Promise<IncidentRecord | null> {
  const [row] = await sql`
    select ${columns(sql)} from incidents
    where environment = ${environment}
      and (name = ${reference} or run_id = ${reference} or service = ${reference})
    order by (service = ${reference}), number desc limit 1`;
  return row === undefined ? null : (withIsoTimes(row) as IncidentRecord);
}

/** Events after `sequence`, in order, at most `limit`. */
export async function readTimeline(
  sql: Database,
  runId: string,
  { after = -1, limit = 1_000 }: { readonly after?: number; readonly limit?: number } = {},
): Promise<TimelineEvent[]> {
  const rows = await sql`
    select sequence, at, phase, kind, summary, details from timeline_events
    where run_id = ${runId} and sequence > ${after}
    order by sequence limit ${limit}`;
  return rows.map(timelineEvent);
}

/** The newest `limit` events, oldest of them first, and how many the episode has in all. */
export async function readTimelineEnd(
  sql: Database,
  runId: string,
  limit: number,
): Promise<{ readonly timeline: TimelineEvent[]; readonly eventCount: number }> {
  const [counted] = await sql<{ count: number }[]>`
    select count(*)::int as count from timeline_events where run_id = ${runId}`;
  const rows = await sql`
    select sequence, at, phase, kind, summary, details from timeline_events
    where run_id = ${runId}
    order by sequence desc limit ${limit}`;
  return { timeline: rows.map(timelineEvent).reverse(), eventCount: counted?.count ?? 0 };
}

/** Of a timeline twice as long or longer only its ends are read. */
const longestEnd = 5_000;

/** All events in order. Of more than 10,000 the first and the newest 5,000: `omittedEvents` lie between them. */
export async function readWholeTimeline(
  sql: Database,
  runId: string,
): Promise<{ readonly timeline: TimelineEvent[]; readonly omittedEvents: number }> {
  const begin = await readTimeline(sql, runId, { limit: longestEnd });
  if (begin.length < longestEnd) return { timeline: begin, omittedEvents: 0 };
  const { timeline: end, eventCount } = await readTimelineEnd(sql, runId, longestEnd);
  const last = begin.at(-1)?.sequence ?? -1;
  const timeline = [...begin, ...end.filter(({ sequence }) => sequence > last)];
  return { timeline, omittedEvents: Math.max(0, eventCount - timeline.length) };
}

function timelineEvent(row: Row): TimelineEvent {
  const { details, ...event } = withIsoTimes(row) as TimelineEvent;
  return details === null ? event : { ...event, details };
}

/** The SLO series kept with the episode; empty until it is closed. */
export async function readSeries(sql: Database, runId: string): Promise<IncidentSeries> {
  const [row] = await sql<{ series: SloSeries[] | null; note: string | null }[]>`
    select series, series_note as note from incidents where run_id = ${runId}`;
  return { series: row?.series ?? [], note: row?.note ?? null };
}
