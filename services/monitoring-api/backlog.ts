import type { Backlog } from '../../activities/contracts/monitoring.contract.js';
import type { ServiceSettings } from '../../configuration/services.schema.js';
import type { ServiceStore } from './service-store.js';

/** How long the work of a service's queue waits; null when it has none. All its pods tell of the same queue. */
export function readBacklog(store: ServiceStore, queue: ServiceSettings['queue']): Backlog | null {
  if (queue === undefined) return null;
  const told = store.livePods().flatMap(({ oldestSeconds }) => oldestSeconds ?? []);
  return {
    oldestSeconds: told.length === 0 ? null : Math.max(...told),
    limitSeconds: queue.oldest.limit / 1_000,
  };
}

/** Null when it is not known. */
export function isTooOld({ oldestSeconds, limitSeconds }: Backlog): boolean | null {
  return oldestSeconds === null ? null : oldestSeconds > limitSeconds;
}

/** `work waits for too long: the oldest for 312 s, 300 s are allowed` */
export function describeBacklog(backlog: Backlog): string {
  const { oldestSeconds, limitSeconds } = backlog;
  if (oldestSeconds === null) return 'how long work waits is not known';
  const verdict = isTooOld(backlog) === true ? 'work waits for too long' : 'no work waits too long';
  return `${verdict}: the oldest for ${Math.floor(oldestSeconds)} s, ${limitSeconds} s are allowed`;
}
