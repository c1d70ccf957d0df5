import { setTimeout as sleep } from 'node:timers/promises';

/** Waits, or returns at once when the signal aborts: whoever waits then looks at the signal. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
