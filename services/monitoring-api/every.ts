import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Runs `task` every `intervalMs`, never twice at once: one that takes longer delays the next. Ends when the signal
 * aborts. `task` must not throw.
 */
export async function every(
  intervalMs: number,
  signal: AbortSignal,
  task: () => Promise<void> | void,
): Promise<void> {
  while (!signal.aborted) {
    const startedAt = performance.now();
    await task();
    const restMs = Math.max(0, intervalMs - (performance.now() - startedAt));
    await sleep(restMs, undefined, { signal }).catch(() => undefined);
  }
}
