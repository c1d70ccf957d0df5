import type { IncidentRecord } from '../storage/registry/incident-record.js';
import type { FailedWritesSummary } from '../storage/audit/read-failed-writes.js';
import type { PostmortemFacts } from './postmortem-facts.js';
import type { Findings, TrafficFinding } from './read-findings.js';
import { between, cell, notRecorded, sayDuration, sayInstant } from './wording.js';

/** When users were hit, and what is on record of whom. */
export function renderImpact(facts: PostmortemFacts, findings: Findings): string[] {
  return [...impactWindow(facts.incident, findings), ...whoWasHit(facts, findings)];
}

function impactWindow(incident: IncidentRecord, findings: Findings): string[] {
  const { impactFrom, impactKnownBy, breachedFrom, detectedAt, recoveredAt, closedAt } = incident;
  const row = (what: string, at: string | null, instead = notRecorded): string => {
    const after = between(impactFrom, at);
    const since = after === null || at === impactFrom ? '' : sayDuration(after);
    return `| ${what} | ${at === null ? instead : sayInstant(at)} | ${since} |`;
  };
  const hasFirstFailure = impactKnownBy !== null && impactKnownBy !== 'breach';
  return [
    '## Impact window',
    '',
    [impactSentence(impactFrom, recoveredAt), ...howKnown(impactKnownBy)].join(' '),
    '',
    '| | when | after it began |',
    '|---|---|---|',
    ...(hasFirstFailure ? [row('First failure', impactFrom)] : []),
    row('Breach found', breachedFrom),
    row('Detected', detectedAt),
    row('Change applied', incident.mitigatedAt, sayUncured(incident, findings)),
    row('Recovery proven', recoveredAt),
    row('Closed', closedAt),
    '',
  ];
}

function impactSentence(from: string | null, to: string | null): string {
  const lasted = between(from, to);
  if (from === null) return 'No breach was on record.';
  if (to === null || lasted === null) {
    return `From ${sayInstant(from)}; no recovery was proven within this incident.`;
  }
  return `From ${sayInstant(from)} to ${sayInstant(to)}: **${sayDuration(lasted)}**.`;
}

function howKnown(by: IncidentRecord['impactKnownBy']): string[] {
  switch (by) {
    case 'failed-write':
      return [
        "It begins with the first write that failed in the window found in breach, by its pod's clock.",
      ];
    case 'counters':
      return [
        "It begins with the last evaluation before monitoring's counters showed failures, at most one window before the breach was found.",
      ];
    case 'breach':
      return [
        'It begins with the evaluation that found the breach: when the first of the requests that led to it was hit is not known, at most one window earlier.',
      ];
    case null:
      return [];
  }
}

/** What stands where no change brought recovery. */
function sayUncured({ mutations }: IncidentRecord, { changes }: Findings): string {
  const first = changes[0];
  if (mutations === 0) return 'none';
  return first === undefined
    ? notRecorded
    : `none that led to recovery; the first one ${sayInstant(first.appliedAt)}`;
}

function whoWasHit({ incident, failedWrites }: PostmortemFacts, findings: Findings): string[] {
  if (incident.impactFrom === null && incident.closedAt !== null) return [];
  return [
    '## Impact',
    '',
    ...(failedWrites === null
      ? ['Failed writes are counted once the incident is closed.', '']
      : sayFailedWrites(failedWrites)),
    ...sayConfirmed(findings),
  ];
}

function sayFailedWrites({
  window,
  failed,
  givenUp,
  routes,
  others,
}: FailedWritesSummary): string[] {
  const query = new URLSearchParams({
    kind: 'failed-writes',
    service: window.service,
    since: window.from,
    until: window.to,
  });
  const link = `\`GET /audit/events?${decodeURIComponent(query.toString())}\` on monitoring-api`;
  if (routes.length === 0) {
    return [`No failed write is on record within the impact window. ${late} See ${link}.`, ''];
  }
  return [
    `**${sayCount(failed, 'write')} failed** within the impact window${givenUp === 0 ? '' : `; of ${givenUp} more the caller gave up, and whether they were done is not known`}.`,
    '',
    '| tenant, as its callers said | route | failed | caller gave up |',
    '|---|---|---|---|',
    ...routes.map((one) => {
      const route = one.route === null ? 'several' : `${one.method ?? ''} ${one.route}`.trim();
      return `| ${cell(one.tenant ?? 'not named, or several')} | ${cell(route)} | ${one.failed} | ${one.givenUp} |`;
    }),
    ...(others.kinds === 0
      ? []
      : [`| ${others.kinds} further of both | | ${others.failed} | ${others.givenUp} |`]),
    '',
    `Counts are lower bounds. ${late} By pod and stretch of time, with request ids: ${link}.`,
    '',
  ];
}

const late = 'A write is recorded up to two windows after it failed.';

/** Reads are not in the audit: of them only the reading that confirmed the breach tells. */
function sayConfirmed({ readings }: Findings): string[] {
  const confirmed = readings.find(({ told }) => told.status === 'critical');
  if (confirmed === undefined) return [];
  const { writes, reads, tenants = [], slos } = confirmed.told;
  const counts = [
    ...(writes ? [saySplit(writes, 'writes')] : []),
    ...(reads ? [saySplit(reads, 'reads')] : []),
  ];
  const windowMs = slos[0]?.windowMs;
  if (counts.length === 0 || windowMs === undefined) return [];
  const hit = tenants.filter(({ errors }) => errors > 0);
  const whom = hit.map((one) => `${one.name} (${one.errors} of ${one.requests})`).join(', ');
  return [
    `When the breach was confirmed (${sayInstant(confirmed.event.at)}), of the ${sayDuration(windowMs)} before: ${counts.join(', ')}${whom === '' ? '' : `; by tenant: ${whom}`}.`,
    '',
  ];
}

const saySplit = ({ requests, errors }: TrafficFinding, what: string): string =>
  `${errors} of ${requests} ${what} failed`;

const sayCount = (count: number, what: string): string =>
  `${count} ${what}${count === 1 ? '' : 's'}`;
