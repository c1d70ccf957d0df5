import type { Container, Probe } from '../kubernetes-json.js';
import { pause } from './pause.js';

/** Runs a probe once. Null when it passes, else why it failed. */
export type Check = (probe: Probe) => Promise<string | null>;

export interface HealthEvents {
  onStarted(): void;
  onReady(ready: boolean): void;
  /** The startup or liveness probe has failed for good: the container must be restarted. */
  onUnhealthy(message: string): void;
}

export interface Streak {
  readonly ok: boolean;
  readonly length: number;
}

/** Kubernetes allows readiness to be probed out of turn until a container is ready; so pods start as fast as they can. */
const eagerMs = 50;

/** Watches a running container by its probes until the signal aborts. A probe that is not declared counts as passed. */
export async function watchHealth(
  { startupProbe, readinessProbe, livenessProbe }: Container,
  check: Check,
  events: HealthEvents,
  signal: AbortSignal,
): Promise<void> {
  if (startupProbe !== undefined) {
    const started = await untilStarted(startupProbe, check, events, signal);
    if (!started) return;
  }
  events.onStarted();
  if (readinessProbe === undefined) events.onReady(true);
  await Promise.all([
    readinessProbe !== undefined &&
      repeat(readinessProbe, check, true, signal, (passes) => {
        events.onReady(passes);
      }),
    livenessProbe !== undefined &&
      repeat(livenessProbe, check, false, signal, (passes, message) => {
        if (!passes) events.onUnhealthy(`Liveness probe failed: ${message}`);
      }),
  ]);
}

export function lengthen(streak: Streak | null, ok: boolean): Streak {
  return { ok, length: streak?.ok === ok ? streak.length + 1 : 1 };
}

/** What a streak of results means: null while a threshold is not reached. */
export function judge({ ok, length }: Streak, probe: Probe): 'passes' | 'fails' | null {
  const threshold = ok ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
  if (length < threshold) return null;
  return ok ? 'passes' : 'fails';
}

async function untilStarted(
  probe: Probe,
  check: Check,
  events: HealthEvents,
  signal: AbortSignal,
): Promise<boolean> {
  const done = new AbortController();
  let started = false;
  await repeat(probe, check, true, AbortSignal.any([signal, done.signal]), (passes, message) => {
    started = passes;
    if (!passes) events.onUnhealthy(`Startup probe failed: ${message}`);
    done.abort();
  });
  return started;
}

/** Probes period by period. An eager loop probes more often until the first pass, but counts one failure a period. */
async function repeat(
  probe: Probe,
  check: Check,
  eagerly: boolean,
  signal: AbortSignal,
  onVerdict: (passes: boolean, message: string) => void,
): Promise<void> {
  const periodMs = (probe.periodSeconds ?? 10) * 1000;
  let eager = eagerly;
  let streak: Streak | null = null;
  await pause((probe.initialDelaySeconds ?? 0) * 1000, signal);
  let countedAt = performance.now();
  while (!signal.aborted) {
    const failure = await check(probe).catch((error: unknown) => (error as Error).message);
    // Aborted while the probe ran.
    if (isAborted(signal)) return;
    if (failure === null) eager = false;
    const now = performance.now();
    if (!eager || now - countedAt >= periodMs) {
      countedAt = now;
      streak = lengthen(streak, failure === null);
      const verdict = judge(streak, probe);
      if (verdict !== null) onVerdict(verdict === 'passes', failure ?? '');
    }
    await pause(eager ? Math.min(eagerMs, periodMs) : periodMs, signal);
  }
}

function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
