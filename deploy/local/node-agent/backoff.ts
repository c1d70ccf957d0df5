/** The kubelet waits 10 s to 300 s; a local stack should show the same states in the time of a drill. */
const firstDelayMs = 1_000;
const longestDelayMs = 60_000;
/** After a run of this length a container counts as healthy and its crashes are forgotten (kubelet: twice the maximum). */
const healthyRunMs = 2 * longestDelayMs;

/** Delay before restart number `crashes`: the first is at once, later ones double. */
export function restartDelayMs(crashes: number): number {
  return crashes <= 1 ? 0 : Math.min(longestDelayMs, firstDelayMs * 2 ** (crashes - 2));
}

/** Crashes in a row, the latest included, after a run that took `ranMs`. */
export function countCrash(crashesBefore: number, ranMs: number): number {
  return ranMs >= healthyRunMs ? 1 : crashesBefore + 1;
}

/** `2m40s`, as the kubelet writes it in messages. */
export function describeDelay(delayMs: number): string {
  const seconds = Math.round(delayMs / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
