import { setTimeout as sleep } from 'node:timers/promises';
import { Watch, type KubeConfig } from '@kubernetes/client-node';
import type { Logger } from 'pino';

interface Identified {
  readonly metadata?: { readonly uid?: string; readonly annotations?: Record<string, string> };
}

export interface FollowOptions<T extends Identified> {
  readonly config: KubeConfig;
  /** Collection, for example `/api/v1/pods`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** All objects as they are now: called once the first complete list is in, then after every change. */
  readonly onState: (objects: readonly T[]) => void;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/** A watch is renewed this often: a complete list on every renewal repairs whatever a watch may have missed. */
const renewEverySeconds = 60;
const firstStateWithinMs = 15_000;
const firstBackOffMs = 100;
const longestBackOffMs = 3_000;

/** Keeps up with a collection until the signal aborts, over restarts of the API server too. Level-triggered: whoever
 *  listens gets complete states, never single events, so that a lost event costs time but no truth. */
export async function follow<T extends Identified>(options: FollowOptions<T>): Promise<void> {
  const { path, signal, log } = options;
  let backOffMs = firstBackOffMs;
  const isStopped = (): boolean => signal.aborted;
  while (!isStopped()) {
    try {
      await watchOnce(options, () => (backOffMs = firstBackOffMs));
    } catch (error) {
      if (isStopped()) return;
      log.debug({ path, error: (error as Error).message }, 'watch ended, renewing it');
      // Jitter: all followers lose their server at the same moment.
      await sleep(backOffMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(
        () => undefined,
      );
      backOffMs = Math.min(longestBackOffMs, backOffMs * 2);
    }
  }
}

/** One watch with the server streaming the complete list first. Resolves when the server ends it in the ordinary way. */
function watchOnce<T extends Identified>(
  { config, path, query, onState, signal, log }: FollowOptions<T>,
  onComplete: () => void,
): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const objects = new Map<string, T>();
    const request = new AbortController();
    let complete = false;
    const deadline = setTimeout(() => {
      end(new Error(`no complete list within ${firstStateWithinMs / 1000} s`));
    }, firstStateWithinMs);
    const stop = (): void => {
      end(new Error('stopped'));
    };
    signal.addEventListener('abort', stop, { once: true });

    function end(error: unknown): void {
      clearTimeout(deadline);
      signal.removeEventListener('abort', stop);
      request.abort();
      if (error === null || error === undefined) resolve();
      else reject(toError(error));
    }

    function onEvent(type: string, object: T): void {
      if (request.signal.aborted) return;
      if (type === 'ERROR') {
        end(new Error(`the API server ended the watch: ${JSON.stringify(object)}`));
        return;
      }
      if (type === 'BOOKMARK') {
        if (object.metadata?.annotations?.['k8s.io/initial-events-end'] !== 'true') return;
        complete = true;
        clearTimeout(deadline);
        onComplete();
      } else if (type === 'DELETED') {
        objects.delete(object.metadata?.uid ?? '');
      } else {
        objects.set(object.metadata?.uid ?? '', object);
      }
      if (!complete) return;
      try {
        onState([...objects.values()]);
      } catch (error) {
        // The library swallows what a callback throws.
        log.error({ path, error: (error as Error).message }, 'could not take in a new state');
      }
    }

    new Watch(config)
      .watch(
        path,
        {
          ...query,
          sendInitialEvents: true,
          resourceVersionMatch: 'NotOlderThan',
          allowWatchBookmarks: true,
          timeoutSeconds: renewEverySeconds,
        },
        onEvent,
        end,
      )
      .then((running) => {
        request.signal.addEventListener('abort', () => {
          running.abort();
        });
        if (request.signal.aborted) running.abort();
      }, end);
  });
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
