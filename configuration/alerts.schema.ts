import { z } from 'zod';
import { duration } from './duration.schema.js';
import { sloSchema } from './services.schema.js';

/** A multi-window burn-rate rule: it fires for an SLO when both windows burn budget faster than `burnRate`. */
export const ruleSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Z][A-Za-z0-9]*$/, 'expected a name such as FastBurn: it ends the alert name'),
  severity: z.enum(['critical', 'warning']),
  /** `allowed`: opens incidents. `manual`: only seen by people. */
  automation: z.enum(['allowed', 'manual']),
  longWindow: duration,
  shortWindow: duration,
  burnRate: z.number().positive(),
  for: duration,
  keepFiringFor: duration,
});

export const alertsSchema = z.strictObject({
  scrapeInterval: duration,
  evaluationInterval: duration,
  /** Probes of each service's own URL, for availability. */
  probeInterval: duration,
  probeTimeout: duration,
  /** Fewer in the window prove nothing. Latency and error rate count requests, availability counts probes. */
  minimumSamples: z.strictObject({
    latency: z.int().positive(),
    errorRate: z.int().positive(),
    availability: z.int().positive(),
  }),
  /** The window in which `/monitoring/health` says whether an SLO holds now. */
  verdictWindow: duration,
  /** Thresholds of alerting, where they differ from the promise in services.yml. */
  objectives: z.record(z.string(), sloSchema.partial()).default({}),
  rules: z.array(ruleSchema).min(1),
  notify: z.strictObject({ repeatInterval: duration, timeout: duration }),
});

export type AlertRule = z.infer<typeof ruleSchema>;
export type AlertSettings = z.infer<typeof alertsSchema>;
