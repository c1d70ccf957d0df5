import type { Configuration } from '../../../configuration/load-configuration.js';
import { settingsFor } from '../../../configuration/load-configuration.js';
import type { AlertEvent } from '../../../workflows/messages.js';
import type { IncidentInput } from '../../../workflows/incident.workflow.js';

/** What a person or a pipeline says when opening an incident by hand. */
export interface ManualOpening {
  readonly service: string;
  readonly reason: string;
  readonly by: string;
  /** `critical` unless said otherwise. */
  readonly severity?: 'critical' | 'warning' | undefined;
}

/** An opening by hand is an alert whose sender is a person: one kind of incident, one kind of record. */
export function manualAlert({ reason, by, severity }: ManualOpening, now: Date): AlertEvent {
  const at = now.toISOString();
  return {
    key: `manual:${by}|firing|${at}`,
    status: 'firing',
    alertname: 'Manual',
    slo: 'manual',
    severity: severity ?? 'critical',
    startsAt: at,
    receivedAt: at,
    summary: `opened by ${by}: ${reason}`,
    source: 'manual',
  };
}

export interface IncidentPlace {
  readonly environment: string;
  readonly cluster: string;
}

/** What a new incident of the service starts with. @throws Error when the service is not configured. */
export function incidentInput(
  configuration: Configuration,
  { environment, cluster }: IncidentPlace,
  service: string,
): IncidentInput {
  return { environment, cluster, service, settings: settingsFor(configuration, service) };
}
