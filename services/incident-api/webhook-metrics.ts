import { Counter, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';

const webhookResults = [
  'accepted',
  'ignored',
  'malformed',
  'unauthorized',
  'too-large',
  'unsupported',
  'unreachable',
  'failed',
] as const;
export type WebhookResult = (typeof webhookResults)[number];

const alertResults = [
  'firing',
  'resolved',
  'unknown-alert',
  'unknown-service',
  'manual',
  'no-open-incident',
  'truncated',
] as const;
export type AlertResult = (typeof alertResults)[number];

export interface WebhookMetrics {
  countWebhook(result: WebhookResult, seconds: number): void;
  countAlerts(result: AlertResult, count?: number): void;
}

/** Every series exists from the start: a first failure is an increase from zero. */
export function createWebhookMetrics(registry: Registry): WebhookMetrics {
  const webhooks = new Counter({
    name: 'runbook_webhooks_total',
    help: 'Alert webhooks by how they were answered.',
    labelNames: ['result'],
    registers: [registry],
  });
  const alerts = new Counter({
    name: 'runbook_webhook_alerts_total',
    help: 'Alerts in webhooks by what became of them.',
    labelNames: ['result'],
    registers: [registry],
  });
  const acknowledged = new Histogram({
    name: 'runbook_webhook_ack_seconds',
    help: 'From receiving a webhook to answering it: with 2xx, Temporal has its alerts.',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  });
  for (const result of webhookResults) webhooks.inc({ result }, 0);
  for (const result of alertResults) alerts.inc({ result }, 0);
  return {
    countWebhook(result, seconds) {
      webhooks.inc({ result });
      acknowledged.observe(seconds);
    },
    countAlerts(result, count = 1) {
      alerts.inc({ result }, count);
    },
  };
}
