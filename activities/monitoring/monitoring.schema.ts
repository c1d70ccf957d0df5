import { z } from 'zod';
import type { ActiveAlert, ServiceHealth, SloReading } from '../contracts/monitoring.contract.js';

// What monitoring-api answers, checked at the border. Unknown keys are dropped: a newer monitor may say more.

const sloName = z.enum(['latency-p95', 'error-rate', 'availability']);
const instant = z.iso.datetime({ offset: true });

export const sloReadingSchema: z.ZodType<SloReading> = z.object({
  service: z.string(),
  slo: sloName,
  state: z.enum(['ok', 'breached', 'unproven']),
  value: z.number().nullable(),
  threshold: z.number(),
  unit: z.enum(['ms', 'percent']),
  from: instant,
  windowMs: z.number(),
  samples: z.number(),
  minSamples: z.number(),
  budgetLeft: z.number().nullable(),
  burnRate: z.number().nullable(),
  reason: z.string().exactOptional(),
});

const trafficSchema = z.object({ requests: z.number(), errors: z.number() }).nullable();

const partiesSchema = z.array(
  z.object({ name: z.string(), requests: z.number(), errors: z.number() }),
);

const modesSchema = z.object({
  pods: z.number(),
  inForce: z.array(
    z.object({
      mode: z.enum(['read-only', 'shed', 'isolated']),
      until: instant.nullable(),
      isolation: z
        .object({ tenantId: z.string(), warehouseId: z.string().nullable(), mode: z.string() })
        .nullable(),
      pods: z.number(),
      notOn: z.array(z.string()),
    }),
  ),
  refusedFlags: z.array(z.object({ file: z.string(), reason: z.string(), pods: z.number() })),
  refusedRequests: z.array(z.object({ why: z.string(), requests: z.number() })),
});

const backlogSchema = z.object({ oldestSeconds: z.number().nullable(), limitSeconds: z.number() });

const serviceHealthSchema: z.ZodType<ServiceHealth> = z.object({
  service: z.string(),
  status: z.enum(['ok', 'warning', 'critical', 'unproven']),
  reason: z.string().nullable().exactOptional(),
  at: instant,
  slos: z.array(sloReadingSchema),
  breachedSince: instant.nullable(),
  pods: z.array(
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
  writes: trafficSchema,
  reads: trafficSchema,
  tenants: partiesSchema.exactOptional(),
  warehouses: partiesSchema.exactOptional(),
  modes: modesSchema.nullable().exactOptional(),
  backlog: backlogSchema.nullable().exactOptional(),
});

const activeAlertSchema: z.ZodType<ActiveAlert> = z.object({
  alertname: z.string(),
  service: z.string(),
  slo: sloName.nullable(),
  severity: z.enum(['critical', 'warning']),
  state: z.enum(['pending', 'firing', 'resolved']),
  since: instant,
  summary: z.string(),
});

export const healthAnswerSchema = z.object({ services: z.array(serviceHealthSchema) });
export const alertsAnswerSchema = z.object({ active: z.array(activeAlertSchema) });
