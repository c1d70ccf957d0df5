import fc from 'fast-check';

/** What a service goes through for a while. A tick is a scrape and an evaluation. */
export interface Step {
  readonly ticks: number;
  /** Requests a tick, of all pods together. */
  readonly rate: number;
  /** Share of them that fails, with this status; and share slower than a second. */
  readonly errors: number;
  readonly status: number;
  readonly slow: number;
  /** `hidden`: no metrics can be had. `one-hidden`: not those of one pod. */
  readonly metrics: 'shown' | 'hidden' | 'one-hidden';
  /** `void`: probes that prove nothing, since the machine that probes was at fault. */
  readonly probes: 'good' | 'failing' | 'every-tenth-fails' | 'void';
  /** What happens to its pods as it begins. `restart`: of one of them. `rollout`: all are replaced. */
  readonly pods: 'stay' | 'restart' | 'rollout' | 'grow' | 'shrink';
}

export interface Trace {
  readonly name: string;
  /** Its processes have long been running when the trace begins. */
  readonly warm: boolean;
  readonly steps: readonly Step[];
}

const calm: Step = {
  ticks: 40,
  rate: 200,
  errors: 0,
  status: 500,
  slow: 0,
  metrics: 'shown',
  probes: 'good',
  pods: 'stay',
};
const trace = (name: string, ...steps: Partial<Step>[]): Trace => ({
  name,
  warm: false,
  steps: steps.map((step) => ({ ...calm, ...step })),
});

/** One for each way in which counters and probes have misled somebody. */
export const knownTraces: readonly Trace[] = [
  trace('calm', {}, {}),
  trace('steady-trickle', { errors: 0.005, ticks: 200 }),
  // The rules as they were fired here, by the last bit of an estimate.
  { ...trace('exactly-the-objective', { errors: 0.01, slow: 0.05, ticks: 100 }), warm: true },
  trace('error-spike', {}, { errors: 0.5, ticks: 20 }, { ticks: 160 }),
  trace(
    'two-spikes',
    {},
    { errors: 1, ticks: 6 },
    { ticks: 30 },
    { errors: 1, ticks: 6 },
    { ticks: 160 },
  ),
  trace('latency-spike', {}, { slow: 1, ticks: 20 }, { ticks: 160 }),
  trace('outage', {}, { probes: 'failing', ticks: 12 }, { ticks: 160 }),
  trace('failing-from-the-start', { errors: 0.3, probes: 'every-tenth-fails', ticks: 120 }, {}),
  trace(
    'reset-in-a-spike',
    {},
    { errors: 0.5, ticks: 10 },
    { errors: 0.5, ticks: 20, pods: 'restart' },
    { ticks: 120 },
  ),
  // As many requests as before, all failing: no counter falls, and once there were more failures than requests.
  trace(
    'a-reset-that-hides',
    { ticks: 1 },
    { errors: 1, pods: 'restart', ticks: 1 },
    { ticks: 10 },
    {},
  ),
  trace('resets-in-calm', {}, { pods: 'restart', ticks: 5 }, { pods: 'restart', ticks: 60 }),
  trace(
    'gap-in-a-spike',
    {},
    { errors: 0.5, ticks: 10 },
    { errors: 0.5, metrics: 'hidden', ticks: 20 },
    { errors: 0.5, ticks: 10 },
    { ticks: 120 },
  ),
  trace('gap-in-calm', {}, { metrics: 'hidden', ticks: 30 }, {}),
  trace('blind', {}, { errors: 0.5, ticks: 20 }, { metrics: 'hidden', probes: 'void', ticks: 90 }),
  // With the tenth probe after the gap there are enough, and one of them failed.
  trace(
    'one-failed-probe',
    { ticks: 44 },
    { probes: 'void', ticks: 90 },
    { probes: 'every-tenth-fails', ticks: 13 },
    {},
  ),
  trace('low-traffic', { rate: 2, errors: 1, slow: 1, ticks: 120 }),
  trace('silence-after-a-spike', {}, { errors: 0.5, ticks: 20 }, { rate: 0, ticks: 100 }, {}),
  trace('a-status-never-seen', {}, { errors: 0.5, status: 504, ticks: 20 }, { ticks: 120 }),
  trace(
    'rollback',
    {},
    { errors: 0.4, pods: 'rollout', ticks: 30 },
    { pods: 'rollout', ticks: 160 },
  ),
  trace('scaling', {}, { pods: 'grow' }, { pods: 'shrink', slow: 0.5 }, { pods: 'shrink' }),
];

const anyStep = {
  ticks: fc.integer({ min: 1, max: 60 }),
  rate: fc.constantFrom(200, 200, 200, 60, 5, 1, 0),
  errors: fc.constantFrom(0, 0, 0, 0.004, 0.03, 0.2, 0.6, 1),
  status: fc.constantFrom(500, 503, 499, 504),
  slow: fc.constantFrom(0, 0, 0, 0.02, 0.2, 0.6, 1),
  metrics: fc.constantFrom<Step['metrics']>('shown', 'shown', 'shown', 'hidden', 'one-hidden'),
  probes: fc.constantFrom<Step['probes']>('good', 'good', 'failing', 'every-tenth-fails', 'void'),
  pods: fc.constantFrom<Step['pods']>(
    'stay',
    'stay',
    'stay',
    'restart',
    'rollout',
    'grow',
    'shrink',
  ),
};

const stepsOf = (step: fc.Arbitrary<Step>): fc.Arbitrary<Step[]> =>
  fc.array(step, { minLength: 4, maxLength: 16 });

/** Spikes, resets, gaps, quiet times and changes of pods, in any mixture. */
export const wildTraces: fc.Arbitrary<Trace> = stepsOf(fc.record(anyStep)).map((steps) => ({
  name: 'found',
  warm: false,
  steps,
}));

/**
 * Processes that have long been running and are scraped together. Prometheus stretches all they count by the same
 * factor, and the ratios of its estimates are those of our counts. They begin calmly: the first
 * probe of all is before Prometheus' time.
 */
export const evenTraces: fc.Arbitrary<Trace> = stepsOf(
  fc.record({
    ...anyStep,
    rate: fc.constantFrom(200, 200, 200, 60, 0),
    errors: fc.constantFrom(0, 0, 0, 0.004, 0.01, 0.03, 0.2, 0.6, 1),
    slow: fc.constantFrom(0, 0, 0, 0.02, 0.05, 0.2, 0.6, 1),
    metrics: fc.constantFrom<Step['metrics']>('shown', 'shown', 'shown', 'hidden'),
    pods: fc.constant<Step['pods']>('stay'),
  }),
).map((steps) => ({ name: 'found', warm: true, steps: [{ ...calm, ticks: 12 }, ...steps] }));
