const firstMs = 500;
const longestMs = 60_000;

/** Milliseconds until the next attempt, after `attempts` (1 or more) failed: doubling, half of it at random, so that
 *  orders which failed together do not come back together. `random`: 0 up to 1. */
export function backoffMs(attempts: number, random: number): number {
  const ceiling = Math.min(longestMs, firstMs * 2 ** (attempts - 1));
  return Math.round(ceiling * (0.5 + random / 2));
}
