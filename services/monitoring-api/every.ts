import { setTimeout as sleep } from 'node:timers/promises';

/** The wall clock may be set by this much before the times of the turns follow it: less would make them uneven. */
const settledMs = 100;

/**
 * Runs `task` at once and then every `intervalMs`, never twice at once: turns missed meanwhile are left out. `at` is the
 * instant a turn was due, epoch milliseconds: evenly spaced even when the timer is late, so that "for 2 s" is two turns
 * of a second and not sometimes three. Ends when the signal aborts. `task` must not throw.
 */
export async function every(
  intervalMs: number,
  signal: AbortSignal,
  task: (at: number) => Promise<void> | void,
): Promise<void> {
  const startedAt = performance.now();
  let epoch = epochOffset();
  let turn = 0;
  while (!signal.aborted) {
    const fresh = epochOffset();
    if (Math.abs(fresh - epoch) > settledMs) epoch = fresh;
    await task(Math.round(epoch + startedAt) + turn * intervalMs);
    const passedMs = performance.now() - startedAt;
    turn = Math.max(turn + 1, Math.ceil(passedMs / intervalMs));
    await sleep(turn * intervalMs - passedMs, undefined, { signal }).catch(() => undefined);
  }
}

/** What to add to the monotonic clock to get the wall clock. */
const epochOffset = (): number => Date.now() - performance.now();
