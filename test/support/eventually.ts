import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again and again until there is an answer. @throws Error naming what never came. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  withinMs = 15_000,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      throw new Error(`never came true within ${withinMs} ms: ${what}`, { cause: last });
    }
    await sleep(50);
  }
}
