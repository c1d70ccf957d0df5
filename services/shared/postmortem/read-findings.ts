import { z } from 'zod';
import type { TimelineEvent } from '../../../activities/contracts/registry.contract.js';

/** What the timeline's details say, taken from those of the expected shape. Others stay a line of the timeline. */
export interface Findings {
  /** Readings that confirmed or refuted the breach. */
  readonly readings: readonly Told<z.infer<typeof readingsSchema>>[];
  /** The newest diagnosis. */
  readonly hypotheses: readonly z.infer<typeof hypothesisSchema>[];
  readonly plans: readonly Told<z.infer<typeof planSchema>>[];
  readonly refusals: readonly Told<z.infer<typeof refusalSchema>>[];
  readonly decisions: readonly Told<z.infer<typeof decisionSchema>>[];
  /** What was applied and what was taken back, in order of time. */
  readonly changes: readonly Change[];
  /** Verdicts after a change. */
  readonly verdicts: readonly Told<z.infer<typeof verdictSchema>>[];
  /** What somebody else did to the Deployment before the service recovered. */
  readonly changeByOthers: string | null;
  /** What was seen of the alerts before closing. */
  readonly lastCheck: TimelineEvent | null;
}

/** One receipt. */
export interface Change extends z.infer<typeof receiptSchema> {
  readonly summary: string;
  /** That of the plan before it; null when none is on record. */
  readonly runbook: string | null;
}

/** A finding and the event that recorded it. */
export interface Told<T> {
  readonly event: TimelineEvent;
  readonly told: T;
}

const texts = z.array(z.string());
const sloSchema = z.object({
  slo: z.string(),
  state: z.enum(['ok', 'breached', 'unproven']),
  value: z.number().nullable(),
  threshold: z.number(),
  unit: z.enum(['ms', 'percent']),
  windowMs: z.number(),
  samples: z.number(),
  minSamples: z.number(),
});
export type SloFinding = z.infer<typeof sloSchema>;

const trafficSchema = z.object({ requests: z.number(), errors: z.number() });
export type TrafficFinding = z.infer<typeof trafficSchema>;

const readingsSchema = z.object({
  status: z.string(),
  slos: z.array(sloSchema),
  writes: trafficSchema.nullish(),
  reads: trafficSchema.nullish(),
  tenants: z.array(trafficSchema.extend({ name: z.string() })).optional(),
});
const verdictSchema = z.object({
  kind: z.enum(['recovered', 'not-recovered', 'unproven']),
  since: z.string(),
  heldForMs: z.number(),
  summary: z.string(),
  slos: z.array(sloSchema),
});
const hypothesisSchema = z.object({
  name: z.string(),
  score: z.number(),
  for: texts,
  against: texts,
  unknown: texts,
});
const diagnosisSchema = z.object({ hypotheses: z.array(hypothesisSchema) });
const planSchema = z.object({
  runbook: z.string(),
  hash: z.string(),
  risk: z.string(),
  summary: z.string(),
  expectedEffect: z.string(),
  undo: z.string(),
  mutations: z.array(z.object({ summary: z.string(), diff: z.string() })),
});
const refusalSchema = z.object({ refusals: texts });
const decisionSchema = z.object({
  decision: z.string(),
  by: z.string().optional(),
  reason: z.string().optional(),
  planHash: z.string().optional(),
  /** Whether who decided was proven or only claimed. */
  identity: z.string().optional(),
});
const receiptSchema = z.object({
  mutationId: z.string(),
  target: z.object({ namespace: z.string(), name: z.string() }),
  appliedAt: z.string(),
  resourceVersion: z.string(),
  generation: z.number(),
});
const receiptsSchema = z.object({ receipts: z.array(receiptSchema) });
const changeByOthersSchema = z.object({ changeByOthers: z.object({ summary: z.string() }) });
const alertSchema = z.object({ key: z.string() });

export function readFindings(timeline: readonly TimelineEvent[]): Findings {
  const told = <T>(kind: TimelineEvent['kind'], schema: z.ZodType<T>): Told<T>[] =>
    timeline.flatMap((event) => {
      const read = event.kind === kind ? schema.safeParse(event.details) : null;
      return read?.success === true ? [{ event, told: read.data }] : [];
    });
  const plans = told('plan', planSchema);
  return {
    readings: told('verdict', readingsSchema),
    hypotheses: told('diagnosis', diagnosisSchema).at(-1)?.told.hypotheses ?? [],
    plans,
    refusals: told('plan', refusalSchema),
    decisions: told('decision', decisionSchema),
    changes: [...told('mutation', receiptsSchema), ...told('rollout', receiptsSchema)]
      .flatMap(({ event, told: { receipts } }) =>
        receipts.map((receipt) => ({
          ...receipt,
          summary: event.summary,
          runbook:
            plans.findLast((plan) => plan.event.sequence < event.sequence)?.told.runbook ?? null,
        })),
      )
      .sort((one, other) => Date.parse(one.appliedAt) - Date.parse(other.appliedAt)),
    verdicts: told('verdict', verdictSchema),
    changeByOthers: told('note', changeByOthersSchema).at(-1)?.told.changeByOthers.summary ?? null,
    lastCheck:
      timeline.findLast(({ phase, kind }) => phase === 'close' && kind === 'verdict') ?? null,
  };
}

/** The newest event of each alert that was heard of; keys are `fingerprint|status|startsAt`. */
export function newestAlerts(
  timeline: readonly TimelineEvent[],
): { readonly event: TimelineEvent; readonly status: string | undefined }[] {
  const newest = new Map<string, { event: TimelineEvent; status: string | undefined }>();
  for (const event of timeline) {
    const read = event.kind === 'alert' ? alertSchema.safeParse(event.details) : null;
    if (read?.success !== true) continue;
    const [fingerprint = '', status] = read.data.key.split('|');
    newest.set(fingerprint, { event, status });
  }
  return [...newest.values()];
}
