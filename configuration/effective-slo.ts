import type { AlertSettings } from './alerts.schema.js';
import type { ServiceSettings, Slo } from './services.schema.js';

/** The objectives a service is watched by: its promise in services.yml with alerts.yml `objectives` laid over it.
 *  @throws Error when the service is not configured. */
export function effectiveSlo(
  configuration: {
    readonly services: Readonly<Record<string, ServiceSettings>>;
    readonly alerts: Pick<AlertSettings, 'objectives'>;
  },
  service: string,
): Slo {
  const promise = configuration.services[service]?.slo;
  if (promise === undefined) {
    throw new Error(
      `could not find service ${service}: not in services.yml (known: ${Object.keys(configuration.services).join(', ')})`,
    );
  }
  const objectives = configuration.alerts.objectives[service] ?? {};
  return {
    latencyP95Ms: objectives.latencyP95Ms ?? promise.latencyP95Ms,
    errorRatePercent: objectives.errorRatePercent ?? promise.errorRatePercent,
    availabilityPercent: objectives.availabilityPercent ?? promise.availabilityPercent,
    windowMinutes: objectives.windowMinutes ?? promise.windowMinutes,
  };
}
