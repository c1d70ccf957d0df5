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
  readonly mutations: readonly Told<z.infer<typeof receiptsSchema>>[];
  /** Verdicts after a change. */
  readonly verdicts: readonly Told<z.infer<typeof verdictSchema>>[];
  /** What was seen of the alerts before closing. */
  readonly lastCheck: TimelineEvent | null;
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

const readingsSchema = z.object({ status: z.string(), slos: z.array(sloSchema) });
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
const receiptsSchema = z.object({
  receipts: z.array(
    z.object({
      mutationId: z.string(),
      target: z.object({ namespace: z.string(), name: z.string() }),
      appliedAt: z.string(),
      resourceVersion: z.string(),
      generation: z.number(),
    }),
  ),
});

export function readFindings(timeline: readonly TimelineEvent[]): Findings {
  const told = <T>(kind: TimelineEvent['kind'], schema: z.ZodType<T>): Told<T>[] =>
    timeline.flatMap((event) => {
      const read = event.kind === kind ? schema.safeParse(event.details) : null;
      return read?.success === true ? [{ event, told: read.data }] : [];
    });
  return {
    readings: told('verdict', readingsSchema),
    hypotheses: told('diagnosis', diagnosisSchema).at(-1)?.told.hypotheses ?? [],
    plans: told('plan', planSchema),
    refusals: told('plan', refusalSchema),
    decisions: told('decision', decisionSchema),
    mutations: [...told('mutation', receiptsSchema), ...told('rollout', receiptsSchema)],
    verdicts: told('verdict', verdictSchema),
    lastCheck:
      timeline.findLast(({ phase, kind }) => phase === 'close' && kind === 'verdict') ?? null,
  };
}
