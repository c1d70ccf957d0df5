const longestMs = 60_000;

/** The wait after an ordinary attempt. A retry brings its own. */
export const ordinaryFirstMs = 500;

/** Milliseconds until the next attempt, after `attempts` (1 or more) failed: doubling from `firstMs` up to a minute,
 *  half of it at random, so that orders which failed together do not come back together. `random`: 0 up to 1. */
export function backoffMs(attempts: number, firstMs: number, random: number): number {
  const ceiling = Math.min(longestMs, firstMs * 2 ** (attempts - 1));
  return Math.round(ceiling * (0.5 + random / 2));
}
