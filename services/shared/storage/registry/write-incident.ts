import type { JSONValue } from 'postgres';
import type {
  IncidentRef,
  OpenedEpisode,
  RecordClosedInput,
  RecordOpenedInput,
  RecordTimelineInput,
} from '../../../../activities/contracts/registry.contract.js';
import { appendAuditEvents } from '../audit/append-audit-events.js';
import { closedEvent, openedEvent, timelineAuditEvents } from '../audit/incident-audit.js';
import type { Database, Transaction } from '../database.js';
import { storable } from '../storable.js';
import type { DatedImpact, IncidentSeries } from './incident-record.js';

/**
 * Gives the run its episode number, once. Every write begins here, so that none depends on another having come
 * first: a late attempt of an activity may overtake or follow any other.
 */
async function ensureEpisode(
  sql: Transaction,
  { runId, workflowId, environment, service }: IncidentRef,
): Promise<{ name: string; number: number }> {
  // Two new runs of one service must not read the same highest number. Freed with the transaction.
  await sql`select pg_advisory_xact_lock(hashtextextended(${`${environment}/${service}`}, 0))`;
  await sql`
    insert into incidents (run_id, workflow_id, environment, service, number)
    select ${runId}, ${workflowId}, ${environment}, ${service}, coalesce(max(number), 0) + 1
    from incidents where environment = ${environment} and service = ${service}
    on conflict (run_id) do nothing`;
  const [episode] = await sql<{ name: string; number: number }[]>`
    select name, number from incidents where run_id = ${runId}`;
  if (episode === undefined)
    throw new Error(`episode of run ${runId} vanished while being written`);
  return episode;
}

/** Numbers the episode and writes what is known at its opening. The first opening of a run stands. */
export function writeOpened(sql: Database, said: RecordOpenedInput): Promise<OpenedEpisode> {
  const input = storable(said);
  return sql.begin(async (transaction) => {
    const { name, number } = await ensureEpisode(transaction, input);
    await transaction`
      update incidents set
        opened_at = ${input.openedAt}, severity = ${input.severity}, trigger = ${input.trigger},
        summary = ${input.summary}, alert_keys = ${transaction.array([...input.alertKeys])},
        configuration_override = ${input.configurationOverride ?? null}
      where run_id = ${input.runId} and opened_at is null`;
    const handledBefore = await findHandledBefore(transaction, input);
    await appendAuditEvents(transaction, [openedEvent(input, name)]);
    return { name, number, handledBefore };
  });
}

/** Name of the newest closed episode of the service that already met one of these alerts. */
async function findHandledBefore(
  sql: Transaction,
  { environment, service, runId, alertKeys }: RecordOpenedInput,
): Promise<string | null> {
  const keys = sql.array([...alertKeys]);
  const [handled] = await sql<{ name: string }[]>`
    select name from incidents
    where environment = ${environment} and service = ${service}
      and run_id <> ${runId} and closed_at is not null
      and (alert_keys && ${keys} or exists (
        select from timeline_events
        where timeline_events.run_id = incidents.run_id and kind = 'alert' and details ->> 'key' = any(${keys})))
    order by number desc limit 1`;
  return handled?.name ?? null;
}

/** Appends events that are not there yet. Phase and runbook follow the newest event, whatever order writes come in. */
export async function writeTimeline(sql: Database, said: RecordTimelineInput): Promise<void> {
  const input = storable(said);
  const { runId, events } = input;
  if (events.length === 0) return;
  const rows = events.map(({ sequence, at, phase, kind, summary, details }) => ({
    run_id: runId,
    sequence,
    at,
    phase,
    kind,
    summary,
    details: details === undefined ? null : sql.json(details as JSONValue),
  }));
  await sql.begin(async (transaction) => {
    const { name } = await ensureEpisode(transaction, input);
    await transaction`insert into timeline_events ${transaction(rows)} on conflict do nothing`;
    const newest = Math.max(...events.map(({ sequence }) => sequence));
    await transaction`
      update incidents set last_sequence = ${newest}, phase = ${input.phase}, runbook = ${input.runbook}
      where run_id = ${runId} and last_sequence < ${newest}`;
    const audited = timelineAuditEvents(runId, input.service, name, events);
    await appendAuditEvents(transaction, audited);
  });
}

/** Writes how the episode ended; `impact`: null when no breach was seen. The first closing of a run stands. */
export async function writeClosed(
  sql: Database,
  said: RecordClosedInput,
  impact: DatedImpact | null,
): Promise<void> {
  const input = storable(said);
  await sql.begin(async (transaction) => {
    const { name } = await ensureEpisode(transaction, input);
    await transaction`
      update incidents set
        outcome = ${input.outcome}, closed_at = ${input.closedAt}, closing_summary = ${input.summary},
        root_cause = ${input.rootCause}, runbook = ${input.runbook}, mutations = ${input.mutations},
        impact_from = ${impact?.from ?? null}, impact_known_by = ${impact?.knownBy ?? null},
        breached_from = ${input.breachedFrom}, detected_at = ${input.detectedAt},
        mitigated_at = ${input.mitigatedAt}, recovered_at = ${input.recoveredAt}
      where run_id = ${input.runId} and closed_at is null`;
    await appendAuditEvents(transaction, [closedEvent(input, name, impact)]);
  });
}

/** Keeps the SLO series of the impact window. A series already kept is not replaced by none. */
export async function writeSeries(
  sql: Database,
  runId: string,
  said: IncidentSeries,
): Promise<void> {
  const { series, note } = storable(said);
  await sql`
    update incidents set series = ${sql.json(series as unknown as JSONValue)}, series_note = ${note}
    where run_id = ${runId} and (series is null or series_note is not null)`;
}
