import type { PodReading } from '../../activities/contracts/monitoring.contract.js';
import { percent } from './numbers.js';

/** Fewer requests say nothing against a revision. */
export const fewRequests = 20;

/** Percent of the requests counted that failed or were slow; null without requests. */
export function failureShare(
  counts: readonly Pick<PodReading, 'requests' | 'errors' | 'slow'>[],
): number | null {
  const requests = counts.reduce((sum, count) => sum + count.requests, 0);
  if (requests === 0) return null;
  return percent(
    counts.reduce((sum, { errors, slow }) => sum + Math.max(errors, slow), 0),
    requests,
  );
}
