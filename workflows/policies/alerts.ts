import type { AlertEvent } from '../messages.js';

const texts = [
  'key',
  'alertname',
  'slo',
  'startsAt',
  'receivedAt',
  'summary',
  'source',
] as const satisfies readonly (keyof AlertEvent)[];

/** Whether what was sent as an alert is one: a signal carries anything that a person typed. */
export function isAlert(value: unknown): value is AlertEvent {
  if (typeof value !== 'object' || value === null) return false;
  const sent = value as Readonly<Record<string, unknown>>;
  return (
    texts.every((name) => typeof sent[name] === 'string') &&
    (sent['status'] === 'firing' || sent['status'] === 'resolved') &&
    (sent['severity'] === 'critical' || sent['severity'] === 'warning')
  );
}
