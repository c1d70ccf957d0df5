import type {
  RecordClosedInput,
  RecordOpenedInput,
  TimelineEvent,
} from '../../../../activities/contracts/registry.contract.js';
import type { DatedImpact } from '../registry/incident-record.js';
import type { AuditEvent } from './audit-event.js';

// What the registry records of an incident, as audit events. Their keys make every repetition harmless.

const program = 'durable-runbooks';

const nothing = {
  tenant: null,
  target: null,
  before: null,
  after: null,
  details: null,
  impactFrom: null,
  impactTo: null,
} as const;

export function openedEvent(
  { runId, workflowId, service, openedAt, severity, trigger, summary }: RecordOpenedInput,
  incident: string,
): AuditEvent {
  return {
    ...nothing,
    key: `${runId}/opened`,
    at: openedAt,
    kind: 'incident-opened',
    service,
    incident,
    who: program,
    what: summary,
    details: { trigger, severity, workflowId },
  };
}

/** Decisions and mutations; everything else of a timeline changes nothing. */
export function timelineAuditEvents(
  runId: string,
  service: string,
  incident: string,
  events: readonly TimelineEvent[],
): AuditEvent[] {
  return events.flatMap((event): AuditEvent[] => {
    const { sequence, at, kind, summary, details } = event;
    if (kind !== 'decision' && kind !== 'mutation') return [];
    const { by, changes, ...rest } = (details ?? {}) as Details;
    return [
      {
        ...nothing,
        key: `${runId}/timeline/${sequence}`,
        at,
        kind,
        service,
        incident,
        who: by ?? program,
        what: summary,
        ...(changes === undefined ? {} : changeOf(changes)),
        details: Object.keys(rest).length === 0 ? null : rest,
      },
    ];
  });
}

export function closedEvent(
  { runId, service, closedAt, outcome, summary, ...input }: RecordClosedInput,
  incident: string,
  impact: DatedImpact | null,
): AuditEvent {
  const { rootCause, runbook, mutations, breachedFrom, detectedAt, mitigatedAt, recoveredAt } =
    input;
  const impactKnownBy = impact?.knownBy ?? null;
  return {
    ...nothing,
    key: `${runId}/closed`,
    at: closedAt,
    kind: 'incident-closed',
    service,
    incident,
    who: program,
    what: `${outcome}: ${summary}`,
    details: {
      outcome,
      rootCause,
      runbook,
      mutations,
      impactKnownBy,
      breachedFrom,
      detectedAt,
      mitigatedAt,
    },
    impactFrom: impact?.from ?? detectedAt,
    impactTo: recoveredAt ?? mitigatedAt,
  };
}

interface Details {
  readonly by?: string;
  /** Of an applied mutation: what it did to which object. */
  readonly changes?: readonly {
    readonly target: string;
    readonly digestBefore: string;
    readonly digestAfter: string;
    readonly diff: string;
  }[];
  readonly [more: string]: unknown;
}

function changeOf(
  changes: NonNullable<Details['changes']>,
): Pick<AuditEvent, 'target' | 'before' | 'after'> {
  return {
    target: changes.map(({ target }) => target).join(', '),
    before: changes.map(({ digestBefore }) => ({ digest: digestBefore })),
    after: changes.map(({ digestAfter, diff }) => ({ digest: digestAfter, diff })),
  };
}
