import type { MiddlewareHandler } from 'hono';
import type { Environment } from '../../../configuration/environment.js';
import { HttpProblem } from '../http/problem.js';
import type { Logger } from '../telemetry/logger.js';

/** What goes wrong on purpose, for drills. */
export interface Faults {
  readonly latencyMs: number;
  readonly latencyJitterMs: number;
  /** Share of requests, 0..1. */
  readonly errorRate: number;
  readonly errorRoutes: 'read' | 'write' | 'all';
  readonly leakMbPerSecond: number;
  /** Share of one core, 0..1. */
  readonly cpuBurn: number;
  readonly hangAfterSeconds: number | null;
}

/** The faults the environment asks for; null unless `FAULTS_ENABLED`. Bad values were refused when it was read. */
export function readFaults(environment: Environment): Faults | null {
  if (!environment.FAULTS_ENABLED) return null;
  return {
    latencyMs: environment.FAULT_LATENCY_MS,
    latencyJitterMs: environment.FAULT_LATENCY_JITTER_MS,
    errorRate: environment.FAULT_ERROR_RATE,
    errorRoutes: environment.FAULT_ERROR_ROUTES ?? 'all',
    leakMbPerSecond: environment.FAULT_LEAK_MB_PER_SECOND,
    cpuBurn: environment.FAULT_CPU_BURN,
    hangAfterSeconds: environment.FAULT_HANG_AFTER_SECONDS ?? null,
  };
}

/** Delays requests and fails some of them. `random` gives numbers in 0..1. */
export function injectFaults(
  faults: Faults,
  random: () => number = Math.random,
): MiddlewareHandler {
  return async (c, next) => {
    const delayMs = faults.latencyMs + random() * faults.latencyJitterMs;
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    const kind = c.req.method === 'GET' || c.req.method === 'HEAD' ? 'read' : 'write';
    const concerned = faults.errorRoutes === 'all' || faults.errorRoutes === kind;
    if (concerned && random() < faults.errorRate) throw new HttpProblem(500, 'injected fault');
    await next();
  };
}

/** Starts the faults that need no request: leak, burn and hang. They end with the process. */
export function startFaults(faults: Faults, logger: Logger): void {
  logger.warn({ faults }, 'faults are switched on: this process misbehaves on purpose');
  if (faults.leakMbPerSecond > 0) leak(faults.leakMbPerSecond);
  if (faults.cpuBurn > 0) burn(faults.cpuBurn);
  if (faults.hangAfterSeconds !== null) hang(faults.hangAfterSeconds);
}

function leak(mbPerSecond: number): void {
  const kept: Buffer[] = [];
  const tickMs = 200;
  // Filled, since untouched pages would not be resident.
  const bytes = Math.round((mbPerSecond * 1_048_576 * tickMs) / 1_000);
  setInterval(() => kept.push(Buffer.alloc(bytes, 1)), tickMs);
}

function burn(share: number): void {
  const periodMs = 100;
  setInterval(() => {
    busyUntil(performance.now() + periodMs * share);
  }, periodMs);
}

function hang(afterSeconds: number): void {
  setTimeout(() => {
    busyUntil(Infinity);
  }, afterSeconds * 1_000);
}

function busyUntil(end: number): void {
  while (performance.now() < end);
}
