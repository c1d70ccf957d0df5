import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../telemetry/logger.js';

const pauseMs = 1_000;

/**
 * Repeats `attempt` once a second until it works, and says each time why it did not. `what` completes "could not …".
 * Rejects only when `signal` ends the waiting.
 */
export async function keepTrying<T>(
  what: string,
  logger: Logger,
  attempt: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      logger.warn(`could not ${what}: ${cause}; trying again`);
      await sleep(pauseMs, undefined, signal === undefined ? {} : { signal });
    }
  }
}
