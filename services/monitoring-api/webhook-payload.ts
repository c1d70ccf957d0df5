import type { Alert } from './alert.js';

/** A group of alerts of one service and SLO, or about monitoring itself, as Alertmanager sends it (webhook version 4). */
export interface WebhookPayload {
  readonly version: '4';
  /** Tells it from one of Alertmanager's. */
  readonly sender: 'monitoring-api';
  readonly receiver: string;
  readonly status: 'firing' | 'resolved';
  readonly groupKey: string;
  readonly groupLabels: Readonly<Record<string, string>>;
  readonly commonLabels: Readonly<Record<string, string>>;
  readonly commonAnnotations: Readonly<Record<string, string>>;
  readonly externalURL: string;
  readonly truncatedAlerts: 0;
  readonly alerts: readonly {
    readonly status: 'firing' | 'resolved';
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
    readonly startsAt: string;
    readonly endsAt: string;
    readonly generatorURL: string;
    readonly fingerprint: string;
  }[];
}

/** `alerts`: those of one group, firing or resolved. `externalUrl`: where people reach this monitor. */
export function webhookPayload(alerts: readonly Alert[], externalUrl: string): WebhookPayload {
  const { service = '', slo } = alerts[0]?.labels ?? {};
  const groupLabels = { service, ...(slo === undefined ? {} : { slo }) };
  return {
    version: '4',
    sender: 'monitoring-api',
    receiver: 'durable-runbooks',
    status: alerts.some(({ state }) => state === 'firing') ? 'firing' : 'resolved',
    groupKey: `{}:{${Object.entries(groupLabels)
      .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
      .join(', ')}}`,
    groupLabels,
    commonLabels: common(alerts.map(({ labels }) => labels)),
    commonAnnotations: common(alerts.map(({ annotations }) => annotations)),
    externalURL: externalUrl,
    truncatedAlerts: 0,
    alerts: alerts.map((alert) => ({
      status: alert.state === 'resolved' ? 'resolved' : 'firing',
      labels: alert.labels,
      annotations: alert.annotations,
      startsAt: new Date(alert.startsAt).toISOString(),
      // Alertmanager's way to say "not yet".
      endsAt: alert.endsAt === null ? '0001-01-01T00:00:00Z' : new Date(alert.endsAt).toISOString(),
      generatorURL: `${externalUrl}/monitoring/alerts?service=${encodeURIComponent(service)}`,
      fingerprint: alert.fingerprint,
    })),
  };
}

function common(maps: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(maps[0] ?? {}).filter(([key, value]) => maps.every((map) => map[key] === value)),
  );
}
