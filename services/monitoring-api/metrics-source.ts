import type { PodSample } from './parse-exposition.js';
import type { DiscoveredPod } from './service-store.js';

/** One pod's counters as they were at an instant (epoch milliseconds), or why they are not known. */
export type ScrapeOutcome =
  { readonly at: number; readonly sample: PodSample } | { readonly failure: string };

/** Where the counters of a service's pods come from. */
export interface MetricsSource {
  /** Tells of every pod once, of those that have nothing new not at all. Never throws, and ends within the time-out it
   *  was made with. */
  read(
    pods: readonly DiscoveredPod[],
    tell: (pod: string, reading: ScrapeOutcome) => void,
  ): Promise<void>;
}
