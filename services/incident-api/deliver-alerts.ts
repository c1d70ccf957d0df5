import { incidentWorkflowId } from '../../workflows/messages.js';
import type { IncidentInput } from '../../workflows/incident.workflow.js';
import type { AlertEvent } from '../../workflows/messages.js';
import { signalFiring, signalResolved } from '../shared/temporal/incident-calls.js';
import type { TemporalClient } from '../shared/temporal/temporal-client.js';

export interface AlertOf {
  readonly service: string;
  readonly event: AlertEvent;
}

export interface Delivery {
  readonly temporal: TemporalClient;
  readonly taskQueue: string;
  readonly environment: string;
  readonly inputFor: (service: string) => IncidentInput;
}

/** All of one webhook's alerts together: longer than this and senders give up and send again anyway. */
const deadlineMs = 5_000;

/**
 * Hands every alert to its incident and resolves when Temporal has stored them all. Returns those that resolved
 * where no incident was open. Services side by side, their alerts in order: firing first, since a resolved alert
 * never opens anything. On failure some may have been stored: the sender sends all again and incidents drop repeats.
 */
export async function deliverAlerts(
  { temporal, taskQueue, environment, inputFor }: Delivery,
  alerts: readonly AlertOf[],
): Promise<AlertOf[]> {
  const withoutIncident: AlertOf[] = [];
  const deliverAll = async (service: string, own: readonly AlertOf[]): Promise<void> => {
    const [firing, resolved] = ['firing', 'resolved'].map((status) =>
      own.filter(({ event }) => event.status === status),
    );
    for (const { event } of firing ?? []) {
      await signalFiring(temporal, taskQueue, inputFor(service), event);
    }
    for (const alert of resolved ?? []) {
      const workflowId = incidentWorkflowId(environment, service);
      if (!(await signalResolved(temporal, workflowId, alert.event))) withoutIncident.push(alert);
    }
  };
  await temporal.within(deadlineMs, () =>
    Promise.all([...groupByService(alerts)].map(([service, own]) => deliverAll(service, own))),
  );
  return withoutIncident;
}

/** Repeats within one payload are dropped. */
function groupByService(alerts: readonly AlertOf[]): Map<string, AlertOf[]> {
  const unique = new Map(alerts.map((alert) => [`${alert.service} ${alert.event.key}`, alert]));
  const groups = new Map<string, AlertOf[]>();
  for (const alert of unique.values()) {
    groups.set(alert.service, [...(groups.get(alert.service) ?? []), alert]);
  }
  return groups;
}
