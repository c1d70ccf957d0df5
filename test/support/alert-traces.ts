import type { MonitoredService } from './monitored-service.js';

/** What a service does from an instant on, until the next step. */
export interface Step {
  /** Seconds from the start of the trace. */
  readonly at: number;
  /** Requests a second. */
  readonly rate: number;
  /** Share of them answered 503, and share slower than a second. */
  readonly errors: number;
  readonly slow: number;
  /** `outage`: it says it is not ready. `gap`: its metrics cannot be had. `hung`: it answers nothing at all. */
  readonly condition: 'up' | 'outage' | 'gap' | 'hung';
  /** Its process begins anew at this instant. */
  readonly restarts: boolean;
}

export interface Trace {
  readonly name: string;
  readonly steps: readonly Step[];
}

const calm: Omit<Step, 'at'> = {
  rate: 40,
  errors: 0,
  slow: 0,
  condition: 'up',
  restarts: false,
};
const trace = (name: string, ...steps: (Partial<Step> & Pick<Step, 'at'>)[]): Trace => ({
  name,
  steps: steps.map((step) => ({ ...calm, ...step })),
});

/** One for each way in which counters and probes have misled somebody. */
export const knownTraces: readonly Trace[] = [
  trace('calm', { at: 0 }),
  trace('steady-trickle', { at: 0, rate: 500, errors: 0.002 }),
  trace('error-spike', { at: 0 }, { at: 10, errors: 0.5 }, { at: 18 }),
  trace(
    'two-spikes',
    { at: 0 },
    { at: 10, errors: 1 },
    { at: 14 },
    { at: 26, errors: 1 },
    { at: 32 },
  ),
  trace('latency-spike', { at: 0 }, { at: 10, slow: 1 }, { at: 20 }),
  trace('outage', { at: 0 }, { at: 12, condition: 'outage' }, { at: 18 }),
  trace(
    'reset-in-a-spike',
    { at: 0 },
    { at: 10, errors: 0.5 },
    { at: 15, errors: 0.5, restarts: true },
    { at: 20 },
  ),
  trace(
    'resets-in-calm',
    { at: 0 },
    { at: 12, restarts: true },
    { at: 18, restarts: true },
    { at: 19, restarts: true },
  ),
  trace(
    'gap-in-a-spike',
    { at: 0 },
    { at: 10, errors: 0.5 },
    { at: 14, errors: 0.5, condition: 'gap' },
    { at: 19, errors: 0.5 },
    { at: 24 },
  ),
  trace('gap-in-calm', { at: 0 }, { at: 12, condition: 'gap' }, { at: 18 }),
  trace('hung', { at: 0 }, { at: 12, condition: 'hung' }, { at: 18 }),
  trace('low-traffic', { at: 0, rate: 1, errors: 1 }),
  trace(
    'silence-after-a-spike',
    { at: 0 },
    { at: 10, errors: 0.5 },
    { at: 16, rate: 0 },
    { at: 30 },
  ),
];

/** Spikes, outages, resets, gaps and quiet times of a few seconds each. The same seed gives the same trace. */
export function randomTrace(seed: number, seconds: number): Trace {
  const random = randomFrom(seed);
  const oneOf = <T>(...choices: T[]): T => choices[Math.floor(random() * choices.length)]!;
  const steps: (Partial<Step> & Pick<Step, 'at'>)[] = [{ at: 0 }];
  for (let at = 10; at < seconds; at += 5 + Math.floor(random() * 10)) {
    steps.push({
      at,
      ...oneOf<Partial<Step>>(
        {},
        {},
        { errors: oneOf(0.3, 0.6, 1) },
        { slow: 1 },
        { errors: 0.5, slow: 1, rate: 80 },
        { condition: 'outage' },
        { condition: 'gap' },
        { condition: 'hung' },
        { restarts: true, errors: oneOf(0, 0.5) },
        { rate: oneOf(0, 1, 10) },
      ),
    });
  }
  return trace(`random-${seed}`, ...steps);
}

/** Lets a service live through a trace, in ticks: call `play` with the seconds since its start, ever later ones. */
export function playerOf({ steps }: Trace, service: MonitoredService): (seconds: number) => void {
  let current = -1;
  let last = 0;
  const owed = { requests: 0, errors: 0, slow: 0 };
  const take = (kind: keyof typeof owed, share: number): boolean => {
    owed[kind] += share;
    if (owed[kind] < 1) return false;
    owed[kind] -= 1;
    return true;
  };
  return (seconds) => {
    while ((steps[current + 1]?.at ?? Infinity) <= seconds) {
      current += 1;
      if (steps[current]?.restarts === true) service.restart();
    }
    const step = steps[current];
    if (step === undefined) return;
    service.status = { up: 200, outage: 503, gap: 200, hung: null }[step.condition];
    service.hidesMetrics = step.condition === 'gap';
    owed.requests += (seconds - last) * step.rate;
    last = seconds;
    for (; owed.requests >= 1; owed.requests -= 1) {
      service.reads.record(
        take('errors', step.errors) ? 503 : 200,
        take('slow', step.slow) ? 2 : 0.02,
      );
    }
  };
}

/** Mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
