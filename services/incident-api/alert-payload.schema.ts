import { z } from '@hono/zod-openapi';

const text = z.record(z.string(), z.string());

/** Nanoseconds (Alertmanager) and zone offsets (Grafana) are fine. */
const instant = z
  .string()
  .refine((value) => !Number.isNaN(Date.parse(value)), 'expected an RFC 3339 time');

const alertSchema = z.looseObject({
  status: z.enum(['firing', 'resolved']),
  labels: text,
  annotations: text.default({}),
  startsAt: instant,
  /** Hash of the labels: the same for every firing of a series. */
  fingerprint: z.string().min(1).max(128),
});

/**
 * Alertmanager's webhook, version 4, and Grafana's superset of it, version 1. Tolerant of everything we do not read:
 * newer senders add fields.
 */
export const alertPayloadSchema = z
  .looseObject({
    version: z.enum(['4', '1']),
    alerts: z.array(alertSchema),
    /** Alerts the sender left out. */
    truncatedAlerts: z.number().default(0),
  })
  .openapi('AlertmanagerWebhook');

export type AlertPayload = z.infer<typeof alertPayloadSchema>;
export type AlertReport = AlertPayload['alerts'][number];
