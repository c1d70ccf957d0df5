import type { PodReading } from '../../activities/contracts/monitoring.contract.js';
import { failureShare, fewRequests } from './failure-share.js';

/** What the pods of one template served within one window of monitoring. */
export interface TemplateCount {
  /** Label `pod-template-hash`. */
  readonly templateHash: string;
  readonly requests: number;
  readonly errors: number;
  readonly slow: number;
}

/** More than a Deployment keeps revisions by default. */
const remembered = 20;

/** Takes a reading in. Of each template the window with most requests is kept, since it proves most, until a worse one comes. */
export function rememberCounts(
  counted: readonly TemplateCount[],
  pods: readonly PodReading[],
): TemplateCount[] {
  const best = new Map(counted.map((count) => [count.templateHash, count]));
  for (const count of countTemplates(pods)) {
    const known = best.get(count.templateHash);
    if (known !== undefined && known.requests > count.requests && !isWorse(count, known)) continue;
    best.delete(count.templateHash);
    best.set(count.templateHash, count);
  }
  return [...best.values()].slice(-remembered);
}

/** What served well at first and fails now serves no longer; the last few requests of pods that leave tell nothing. */
function isWorse(count: TemplateCount, known: TemplateCount): boolean {
  const share = (one: TemplateCount): number => failureShare([one]) ?? 0;
  const isEnough = count.requests >= Math.max(fewRequests, known.requests / 4);
  return isEnough && share(count) > 2 * share(known) + 1;
}

function countTemplates(pods: readonly PodReading[]): TemplateCount[] {
  const sums = new Map<string, TemplateCount>();
  for (const { templateHash, requests, errors, slow } of pods) {
    if (templateHash === null || requests === 0) continue;
    const sum = sums.get(templateHash);
    sums.set(templateHash, {
      templateHash,
      requests: requests + (sum?.requests ?? 0),
      errors: errors + (sum?.errors ?? 0),
      slow: slow + (sum?.slow ?? 0),
    });
  }
  return [...sums.values()];
}
