import { z } from '@hono/zod-openapi';
import { instant } from '../shared/http/request-schemas.js';

const text = z.record(z.string(), z.string());

const alertSchema = z.looseObject({
  status: z.enum(['firing', 'resolved']),
  labels: text,
  annotations: text.default({}),
  /** Nanoseconds (Alertmanager) and zone offsets (Grafana) are fine. */
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
    /** Our own monitor says so. */
    sender: z.literal('monitoring-api').optional(),
    /** More than a body can hold; a bound keeps a million faulty ones from being checked one by one. */
    alerts: z.array(alertSchema).max(10_000),
    /** Alerts the sender left out. */
    truncatedAlerts: z.number().default(0),
  })
  .openapi('AlertmanagerWebhook');

export type AlertPayload = z.infer<typeof alertPayloadSchema>;
export type AlertReport = AlertPayload['alerts'][number];
