import { activityInfo, heartbeat } from '@temporalio/activity';

/** Two beats may get lost before the server gives the attempt up. */
const beatsPerTimeout = 3;

/**
 * Beats while `work` runs, so that the server notices within the heartbeat timeout when this worker dies, and so that
 * cancellation arrives. `report` changes what the beats carry: the next attempt finds it in `heartbeatDetails`.
 * `work` must end by itself: the beats would keep a hanging call alive. Without a heartbeat timeout nothing beats.
 */
export async function withHeartbeat<T>(
  work: (report: (details: unknown) => void) => Promise<T>,
): Promise<T> {
  const info = activityInfo();
  if (info.heartbeatTimeoutMs === undefined) return work(() => undefined);
  let details: unknown = info.heartbeatDetails;
  const beat = (): void => {
    heartbeat(details);
  };
  beat();
  // A call that never ends must not keep a process alive that has nothing else to do.
  const timer = setInterval(beat, info.heartbeatTimeoutMs / beatsPerTimeout).unref();
  try {
    return await work((latest) => {
      details = latest;
      beat();
    });
  } finally {
    clearInterval(timer);
  }
}
