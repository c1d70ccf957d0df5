import type { Milliseconds } from '../../configuration/duration.schema.js';
import type { MetricsSource } from './metrics-source.js';
import { parseExposition } from './parse-exposition.js';
import type { PodSample } from './parse-exposition.js';
import { causeOf, readBounded } from './pod-answer.js';

/** Under the interval, so that who does not answer does not hold up the next round. */
export const scrapeTimeoutMs = (scrapeInterval: Milliseconds): number =>
  Math.min(scrapeInterval * 0.9, 10_000);

/** Asks every pod itself, all at once: one that hangs does not hold up the others. `oldest`: see `parseExposition`. */
export function podScraper(timeoutMs: number, oldest: string | null = null): MetricsSource {
  return {
    async read(pods, tell) {
      await Promise.all(
        pods.map(async ({ name, address }) => {
          if (address === null) return;
          const at = Date.now();
          try {
            tell(name, { at, sample: await scrape(address, timeoutMs, oldest) });
          } catch (error) {
            tell(name, { failure: (error as Error).message });
          }
        }),
      );
    },
  };
}

/** Reads one pod's metrics. @throws Error saying what is wrong with it: no answer in time, another status, no metrics. */
export async function scrape(
  address: string,
  timeoutMs: number,
  oldest: string | null = null,
): Promise<PodSample> {
  let text: string;
  try {
    const response = await fetch(`http://${address}/metrics`, {
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`/metrics answered ${response.status}`);
    }
    text = await readBounded(response);
  } catch (error) {
    throw new Error(`could not scrape ${address}: ${causeOf(error, timeoutMs)}`, { cause: error });
  }
  return parseExposition(text, oldest);
}
