import type { PodReading } from '../../activities/contracts/monitoring.contract.js';
import { percent } from './numbers.js';

/** Percent of the pods' requests that failed or were slow; null without requests. */
export function failureShare(pods: readonly PodReading[]): number | null {
  const requests = pods.reduce((sum, pod) => sum + pod.requests, 0);
  if (requests === 0) return null;
  return percent(
    pods.reduce((sum, pod) => sum + Math.max(pod.errors, pod.slow), 0),
    requests,
  );
}
