import { z } from '@hono/zod-openapi';
import { text } from '../shared/http/request-schemas.js';
import type { IncidentView } from '../../workflows/incident-view.js';

const instant = z.iso.datetime().nullable();
const phase = z.enum([
  'open',
  'confirm',
  'diagnose',
  'plan',
  'decide',
  'act',
  'verify',
  'ask',
  'close',
]);
const severity = z.enum(['critical', 'warning']);

/** As `IncidentRecord` in the registry. */
const incidentSchema = z
  .object({
    id: z.int(),
    name: z.string(),
    number: z.int(),
    workflowId: z.string(),
    runId: z.string(),
    environment: z.string(),
    service: z.string(),
    openedAt: instant,
    severity: severity.nullable(),
    trigger: z.string().nullable(),
    summary: z.string().nullable(),
    configurationOverride: z.string().nullable(),
    phase,
    runbook: z.string().nullable(),
    outcome: z
      .enum([
        'recovered',
        'recovered-with-debt',
        'self-recovered',
        'false-alarm',
        'handled-by-hand',
        'aborted',
        'unresolved',
      ])
      .nullable(),
    closedAt: instant,
    closingSummary: z.string().nullable(),
    rootCause: z.string().nullable(),
    mutations: z.int().nullable(),
    impactFrom: instant,
    impactKnownBy: z.enum(['failed-write', 'counters', 'breach']).nullable(),
    breachedFrom: instant,
    detectedAt: instant,
    mitigatedAt: instant,
    recoveredAt: instant,
  })
  .openapi('Incident');

const timelineEventSchema = z
  .object({
    sequence: z.int(),
    at: z.iso.datetime(),
    phase,
    kind: z.enum([
      'alert',
      'phase',
      'verdict',
      'diagnosis',
      'plan',
      'decision',
      'mutation',
      'rollout',
      'note',
    ]),
    summary: z.string(),
    details: z.unknown().optional(),
  })
  .openapi('TimelineEvent');

export const viewSchema = z
  .custom<IncidentView>()
  .openapi('IncidentView', { type: 'object', description: 'The incident as its workflow sees it' });

export const incidentListSchema = z
  .object({
    incidents: z.array(incidentSchema),
    /** Pass as `cursor` for the next page. */
    nextCursor: z.int().nullable(),
  })
  .openapi('IncidentList');

export const incidentDetailSchema = z
  .object({
    incident: incidentSchema,
    /** The newest events, oldest of them first. */
    timeline: z.array(timelineEventSchema),
    /** How many there are in all. */
    eventCount: z.int(),
    /** Null when it is closed or no worker answered in time. */
    live: z.union([viewSchema, z.null()]),
  })
  .openapi('IncidentDetail');

export const openingSchema = z
  .object({
    service: text(200),
    reason: text(500),
    by: text(100),
    severity: severity.optional(),
  })
  .openapi('IncidentOpening');

export const openedSchema = z
  .object({ service: z.string(), workflowId: z.string() })
  .openapi('OpenedIncident');

/** As `DecisionMessage` of the incident workflow. */
export const decisionSchema = z
  .object({
    stepId: text(100),
    planHash: text(128).optional(),
    decision: z.enum(['approve', 'reject', 'abort', 'wait', 'close']),
    runbook: text(100).optional(),
    revision: z.int().min(1).optional(),
    reason: text(500).optional(),
    by: text(100).optional(),
  })
  .openapi('Decision');
