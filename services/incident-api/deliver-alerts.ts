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

/** An incident keeps the newest alert of each name: of more than this at once, the newest of each kind stands for all. */
const mostAtOnce = 50;

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
    const firing = own.filter(({ event }) => event.status === 'firing');
    const resolved = own.filter(({ event }) => event.status === 'resolved');
    for (const { event } of represent(firing).keys()) {
      await signalFiring(temporal, taskQueue, inputFor(service), event);
    }
    const workflowId = incidentWorkflowId(environment, service);
    for (const [{ event }, represented] of represent(resolved)) {
      const isTold = await signalResolved(temporal, workflowId, event);
      if (!isTold) withoutIncident.push(...represented);
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

/** Who stands for whom. Whatever their order, the same alerts have the same representatives: a re-send is recognised. */
function represent(own: readonly AlertOf[]): Map<AlertOf, AlertOf[]> {
  if (own.length <= mostAtOnce) return new Map(own.map((alert) => [alert, [alert]]));
  const oldestFirst = own.toSorted((one, other) => (ageOf(one) < ageOf(other) ? -1 : 1));
  const newest = new Map(oldestFirst.map((alert) => [kindOf(alert), alert]));
  return new Map(
    [...newest].map(([kind, alert]) => [alert, own.filter((one) => kindOf(one) === kind)]),
  );
}

const ageOf = ({ event }: AlertOf): string => `${event.startsAt} ${event.key}`;
const kindOf = ({ event }: AlertOf): string => `${event.alertname} ${event.slo} ${event.severity}`;
