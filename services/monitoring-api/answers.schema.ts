import { z } from '@hono/zod-openapi';
import { auditKinds } from '../shared/storage/audit/audit-event.js';

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
    reason: z.string().optional(),
  })
  .openapi('SloReading');

const traffic = z.object({ requests: z.number(), errors: z.number() }).nullable();

const parties = list(z.object({ name: z.string(), requests: z.number(), errors: z.number() }));

const modes = z
  .object({
    pods: z.number(),
    inForce: list(
      z.object({
        mode: z.enum(['read-only', 'shed', 'isolated']),
        until: instant.nullable(),
        isolation: z
          .object({ tenantId: z.string(), warehouseId: z.string().nullable(), mode: z.string() })
          .nullable(),
        pods: z.number(),
        notOn: list(z.string()),
      }),
    ),
    refusedFlags: list(z.object({ file: z.string(), reason: z.string(), pods: z.number() })),
    refusedRequests: list(z.object({ why: z.string(), requests: z.number() })),
  })
  .openapi('ServiceModes');

const backlog = z.object({ oldestSeconds: z.number().nullable(), limitSeconds: z.number() });

const serviceHealth = z
  .object({
    service: z.string(),
    status,
    reason: z.string().nullable().optional(),
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
    tenants: parties.optional(),
    warehouses: parties.optional(),
    modes: modes.nullable().optional(),
    backlog: backlog.nullable().optional(),
  })
  .openapi('ServiceHealth');

export const healthAnswer = z.object({
  status,
  at: instant,
  sloStatuses: list(sloReading),
  services: list(serviceHealth),
});

export const alertsAnswer = z.object({
  /** Whether a changed alerts.yml was taken over, or why not. */
  configuration: z.object({ reloadedAt: instant.nullable(), fault: z.string().nullable() }),
  active: list(
    z.object({
      alertname: z.string(),
      service: z.string(),
      /** Null for an alert about no objective. */
      slo: sloName.nullable(),
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
      slo: sloName.nullable(),
      severity: z.enum(['critical', 'warning']),
      automation: z.enum(['allowed', 'manual']),
      limit: z.number().nullable(),
      unit: z.enum(['burn-rate', 'seconds']).nullable(),
      windows: z.object({ longMs: z.number(), shortMs: z.number() }).nullable(),
      state: z.enum(['inactive', 'pending', 'firing', 'resolved']),
      since: instant.nullable(),
      lastEvaluation: z
        .object({
          at: instant,
          long: z.number().nullable(),
          short: z.number().nullable(),
        })
        .nullable(),
      note: z.string().optional(),
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
  at: instant,
  /** Newest first. */
  signals: list(
    z
      .object({
        at: instant,
        severity: z.enum(['warning', 'error']),
        kind: z.enum(['span', 'log']),
        service: z.string(),
        pod: z.string(),
        method: z.string().nullable(),
        route: z.string().nullable(),
        status: z.int().nullable(),
        durationMs: z.number().nullable(),
        tenant: z.string().nullable(),
        warehouse: z.string().nullable(),
        requestId: z.string().nullable(),
        traceId: z.string().nullable(),
        spanId: z.string().nullable(),
        message: z.string().nullable(),
      })
      .openapi('Signal'),
  ),
  /** What the counters of the last minutes show, most telling first. */
  findings: list(
    z.object({
      service: z.string(),
      kind: z.enum([
        'backlog',
        'refused-flag',
        'mode',
        'unreachable-pod',
        'failing-tenant',
        'failing-warehouse',
        'failing-route',
        'stalled-pod',
      ]),
      subject: z.string(),
      templateHash: z.string().nullable(),
      summary: z.string(),
      requests: z.number().optional(),
      errors: z.number().optional(),
    }),
  ),
  /** Pods whose newest signals are not among these. */
  unanswered: list(z.object({ service: z.string(), pod: z.string(), reason: z.string() })),
  /** Signals that pods overwrote before they were read. */
  missed: z.int(),
});

export const auditAnswer = z.object({
  events: list(
    z
      .object({
        position: z.int(),
        key: z.string(),
        at: instant,
        kind: z.enum(auditKinds),
        service: z.string().nullable(),
        tenant: z.string().nullable(),
        incident: z.string().nullable(),
        who: z.string(),
        what: z.string(),
        target: z.string().nullable(),
        before: z.unknown(),
        after: z.unknown(),
        details: z.unknown(),
        impactFrom: instant.nullable(),
        impactTo: instant.nullable(),
        previousHash: z.string(),
        hash: z.string(),
      })
      .openapi('AuditEvent'),
  ),
  next: z.int().nullable(),
});
