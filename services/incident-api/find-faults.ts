import type { Logger } from '../shared/telemetry/logger.js';
import type { TemporalClient } from '../shared/temporal/temporal-client.js';

/**
 * Why an alert could not be taken now; empty when it could. Temporal alone stores alerts: a registry that is down delays
 * records, never a cure. Anybody may ask for it, so that the cause, which names addresses, is only logged.
 */
export async function findFaults(temporal: TemporalClient, logger: Logger): Promise<string[]> {
  try {
    await temporal.check();
    return [];
  } catch (error) {
    logger.warn({ err: error }, 'not ready: Temporal does not answer');
    return ['Temporal does not answer'];
  }
}
