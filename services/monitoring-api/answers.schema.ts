import { z } from '@hono/zod-openapi';

// The answers of monitoring-api as its OpenAPI document shows them; their meaning is told in the monitoring contract.

const list = <Schema extends z.ZodType>(item: Schema) => z.array(item).readonly();
const instant = z.iso.datetime();
const sloName = z.enum(['latency-p95', 'error-rate', 'availability']);
const unit = z.enum(['ms', 'percent']);
const status = z.enum(['ok', 'warning', 'critical', 'unproven']);

const sloReading = z
  .object({
    service: z.string(),
    slo: sloName,
    state: z.enum(['ok', 'breached', 'unproven']),
    value: z.number().nullable(),
    threshold: z.number(),
    unit,
    from: instant,
    windowMs: z.number(),
    samples: z.number(),
    minSamples: z.number(),
    budgetLeft: z.number().nullable(),
    burnRate: z.number().nullable(),
    reason: z.string().exactOptional(),
  })
  .openapi('SloReading');

const traffic = z.object({ requests: z.number(), errors: z.number() }).nullable();

const serviceHealth = z
  .object({
    service: z.string(),
    status,
    at: instant,
    slos: list(sloReading),
    breachedSince: instant.nullable(),
    pods: list(
      z.object({
        pod: z.string(),
        templateHash: z.string().nullable(),
        up: z.boolean(),
        requests: z.number(),
        errors: z.number(),
        slow: z.number(),
        eventLoopLagMs: z.number().nullable(),
        memoryBytes: z.number().nullable(),
      }),
    ),
    requestRate: z.number(),
    writes: traffic,
    reads: traffic,
  })
  .openapi('ServiceHealth');

export const healthAnswer = z.object({
  status,
  at: instant,
  sloStatuses: list(sloReading),
  services: list(serviceHealth),
});

export const alertsAnswer = z.object({
  active: list(
    z.object({
      alertname: z.string(),
      service: z.string(),
      slo: sloName,
      severity: z.enum(['critical', 'warning']),
      state: z.enum(['pending', 'firing', 'resolved']),
      since: instant,
      summary: z.string(),
    }),
  ),
  rules: list(
    z.object({
      name: z.string(),
      service: z.string(),
      slo: sloName,
      state: z.enum(['inactive', 'pending', 'firing', 'resolved']),
      since: instant.nullable(),
      lastEvaluation: z
        .object({
          at: instant,
          long: z.number().nullable(),
          short: z.number().nullable(),
        })
        .nullable(),
      note: z.string().exactOptional(),
    }),
  ),
});

export const seriesAnswer = z.object({
  series: list(
    z.object({
      service: z.string(),
      slo: sloName,
      unit,
      threshold: z.number(),
      points: list(z.object({ at: instant, value: z.number().nullable() })),
    }),
  ),
});

export const signalsAnswer = z.object({
  services: list(
    z.object({
      service: z.string(),
      from: instant,
      to: instant,
      signals: list(
        z.object({
          kind: z.enum(['unreachable-pod', 'failing-route', 'stalled-pod']),
          subject: z.string(),
          templateHash: z.string().nullable(),
          summary: z.string(),
          requests: z.number().exactOptional(),
          errors: z.number().exactOptional(),
        }),
      ),
    }),
  ),
});
