import fc from 'fast-check';

export const dispatcherCount = 3;

/** When a process is killed: in the middle of a delivery, or at any moment of its life. */
export const killInstants = ['lost', 'arrived', 'taken', 'answered', 'any'] as const;
export type KillInstant = (typeof killInstants)[number];

export interface PlannedKill {
  readonly instant: KillInstant;
  /** Who makes the so-manieth delivery of the round that comes so far is killed. */
  readonly delivery: number;
  /** For `any`: this one, so long after the round began. */
  readonly dispatcher: number;
  readonly afterMs: number;
  readonly downForMs: number;
}

export interface PlannedRetry {
  readonly afterMs: number;
  readonly dispatcher: number;
  readonly tenant: number;
  readonly force: boolean;
  readonly maxAttempts: number;
  readonly backoffMs: number;
}

export interface CrashPlan {
  /** Orders accepted in the round, by their tenant. */
  readonly orders: readonly { readonly tenant: number; readonly afterMs: number }[];
  /** Orders that were given up before it. */
  readonly deadLetters: readonly { readonly tenant: number }[];
  readonly kills: readonly PlannedKill[];
  readonly retries: readonly PlannedRetry[];
  /** The downstream itself is killed. */
  readonly outage: { readonly afterMs: number; readonly downForMs: number } | null;
}

const dispatcher = fc.nat({ max: dispatcherCount - 1 });
const tenant = fc.nat({ max: 3 });
const moment = fc.nat({ max: 4_000 });

const kill = (instant: fc.Arbitrary<KillInstant>): fc.Arbitrary<PlannedKill> =>
  fc.record({
    instant,
    delivery: fc.integer({ min: 1, max: 40 }),
    dispatcher,
    afterMs: moment,
    downForMs: fc.nat({ max: 500 }),
  });

const plan: fc.Arbitrary<CrashPlan> = fc.record({
  orders: fc.array(fc.record({ tenant, afterMs: moment }), { minLength: 40, maxLength: 80 }),
  deadLetters: fc.array(fc.record({ tenant }), { maxLength: 10 }),
  // One at every instant, and some more.
  kills: fc
    .tuple(
      fc.tuple(...killInstants.map((instant) => kill(fc.constant(instant)))),
      fc.array(kill(fc.constantFrom(...killInstants)), { maxLength: 3 }),
    )
    .map(([one, more]) => [...one, ...more]),
  retries: fc.array(
    fc.record({
      afterMs: moment,
      dispatcher,
      tenant,
      force: fc.boolean(),
      maxAttempts: fc.integer({ min: 1, max: 3 }),
      backoffMs: fc.integer({ min: 100, max: 500 }),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  outage: fc.option(fc.record({ afterMs: moment, downForMs: fc.nat({ max: 1_500 }) }), { freq: 2 }),
});

/** What is to happen in a round: the same for the same seed. When exactly it meets the processes is the machine's. */
export function crashPlan(seed: number): CrashPlan {
  return fc.sample(plan, { seed, numRuns: 1 })[0]!;
}
