import { z } from 'zod';
import { duration } from './duration.schema.js';

const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,40}$/, 'expected a lower-case name such as inventory');

export const sloSchema = z.strictObject({
  latencyP95Ms: z.number().positive(),
  errorRatePercent: z.number().positive().max(100),
  availabilityPercent: z.number().min(0).max(99.999),
  windowMinutes: z.number().positive().max(1440),
});

export const serviceSchema = z.strictObject({
  deployment: z.strictObject({
    namespace: z.string().min(1),
    name: z.string().min(1),
    container: z.string().min(1),
  }),
  /** Base URL by which callers reach the service: availability is probed through it. */
  url: z.url({ protocol: /^https?$/ }),
  /** What the availability probe asks for; anything but a 2xx in time is a failed probe. */
  probePath: z.string().startsWith('/').default('/readyz'),
  dependsOn: z.array(name).default([]),
  slo: sloSchema,
  flags: z
    .strictObject({
      configMap: z.string().min(1),
      mode: z.string().min(1),
      expiresAt: z.string().min(1),
    })
    .optional(),
  /** For a service with a queue of work for others: where to read it, and where to ask that it be tried again. */
  queue: z
    .strictObject({
      status: z.string().startsWith('/'),
      retry: z.string().startsWith('/'),
      /** Where those are listed that were asked for: they go into the audit. */
      retries: z.string().startsWith('/'),
      /** The gauge of its pods that tells the age of the oldest waiting work in seconds, and how old it may become. */
      oldest: z.strictObject({
        metric: z.string().regex(/^[a-zA-Z_]\w*$/, 'expected the name of a metric'),
        limit: duration.refine((limit) => limit > 0, 'must be longer than 0; write for example 5m'),
      }),
    })
    .optional(),
});

export const servicesSchema = z
  .strictObject({ services: z.record(name, serviceSchema) })
  .superRefine((file, context) => {
    for (const [service, { dependsOn }] of Object.entries(file.services)) {
      for (const [index, dependency] of dependsOn.entries()) {
        if (dependency === service || !(dependency in file.services)) {
          context.addIssue({
            code: 'custom',
            path: ['services', service, 'dependsOn', index],
            message: `unknown service "${dependency}"; known: ${Object.keys(file.services).join(', ')}`,
          });
        }
      }
    }
  });

export type Slo = z.infer<typeof sloSchema>;
export type ServiceSettings = z.infer<typeof serviceSchema>;
