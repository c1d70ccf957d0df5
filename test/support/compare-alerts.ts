/** What both said of one alert of one trace from an instant on. */
export interface Said {
  /** Seconds from the start of the traces. */
  readonly at: number;
  /** Our rule fires; `held`: only since it could not decide lately, which Prometheus does not know. */
  readonly own: boolean;
  readonly held: boolean;
  /** Whether the rule burns hangs on when exactly the processes were scraped. */
  readonly borderline: boolean;
  readonly prometheus: boolean;
}

export interface BothSaid {
  /** By trace, then by name of the alert. */
  readonly said: ReadonlyMap<string, ReadonlyMap<string, readonly Said[]>>;
  /**
   * One evaluation interval and one scrape, seconds: as far as two that know nothing of each other's clocks may be
   * apart. To which comes how late this machine was, once for a scrape and once for an evaluation.
   */
  readonly toleranceSeconds: number;
  /** The latest that a timer was. Beyond a second the machine was too busy to compare anything. */
  readonly worstDelayMs: number;
}

/** What our evaluator said of one alert at one evaluation, epoch milliseconds. */
export interface OwnEvaluation {
  readonly at: number;
  readonly service: string;
  readonly alert: string;
  readonly firing: boolean;
  readonly undecided: boolean;
  borderline: boolean;
}

interface Times {
  readonly startedAt: number;
  readonly evaluationInterval: number;
  readonly longestKept: number;
}

/** `firing`: when each alert fired at Prometheus, epoch milliseconds of its evaluations, by `service alert`. */
export function compare(
  own: readonly OwnEvaluation[],
  firing: ReadonlyMap<string, readonly number[]>,
  times: Times,
): Map<string, Map<string, Said[]>> {
  const said = new Map<string, Map<string, Said[]>>();
  const evaluations = new Map<string, OwnEvaluation[]>();
  for (const evaluation of own) {
    const key = `${evaluation.service} ${evaluation.alert}`;
    const list = evaluations.get(key) ?? [];
    evaluations.set(key, list);
    list.push(evaluation);
  }
  for (const [key, list] of evaluations) {
    const [service = '', alert = ''] = key.split(' ');
    const byAlert = said.get(service) ?? new Map<string, Said[]>();
    said.set(service, byAlert);
    byAlert.set(alert, merge(list, firing.get(key) ?? [], times));
  }
  return said;
}

/** Both on one time line: an entry whenever either evaluates to something. */
function merge(
  own: readonly OwnEvaluation[],
  firing: readonly number[],
  { startedAt, evaluationInterval, longestKept }: Times,
): Said[] {
  const spans: { from: number; to: number }[] = [];
  for (const at of firing) {
    const last = spans.at(-1);
    // An evaluation that says nothing ends it.
    if (last !== undefined && at - last.to < evaluationInterval / 2)
      last.to = at + evaluationInterval;
    else spans.push({ from: at, to: at + evaluationInterval });
  }
  const changes = spans.flatMap(({ from, to }) => [from, to]);
  const lastAt = own.at(-1)?.at ?? 0;
  const points = [...new Set([...own.map(({ at }) => at), ...changes])]
    .filter((at) => at >= (own[0]?.at ?? 0) && at <= lastAt)
    .sort((one, other) => one - other);

  let index = 0;
  let undecidedAt = -Infinity;
  return points.map((at) => {
    while (index + 1 < own.length && own[index + 1]!.at <= at) index += 1;
    const { firing: fires, undecided, borderline } = own[index]!;
    if (undecided) undecidedAt = at;
    return {
      at: (at - startedAt) / 1_000,
      own: fires,
      borderline,
      held: fires && at - undecidedAt <= longestKept + 2 * evaluationInterval,
      prometheus: spans.some(({ from, to }) => from <= at && at < to),
    };
  });
}

/**
 * Where the two differed for longer than their clocks explain: `trace alert: who fires, and how long, from when`. Time in
 * which one scrape more or less decides does not count. A start or an end may differ by the tolerance. So may both sides of a pause that is about as long as `keep_firing_for`: then one
 * sees a pause, of up to twice the tolerance, where the other just went on firing.
 */
export function disagreements({ said, toleranceSeconds }: BothSaid): string[] {
  return [...said].flatMap(([trace, alerts]) =>
    [...alerts].flatMap(([alert, list]) =>
      runsOf(list).flatMap(({ first, end }) => {
        const { own, prometheus, at } = list[first]!;
        const seconds = list
          .slice(first, end)
          .reduce(
            (sum, one, index) =>
              one.borderline ? sum : sum + (list[first + index + 1] ?? one).at - one.at,
            0,
          );
        const silent = own ? 'prometheus' : 'own';
        const isPause = list[first - 1]?.[silent] === true && list[end]?.[silent] === true;
        if (own === prometheus || seconds <= toleranceSeconds * (isPause ? 2 : 1)) return [];
        const who = own ? 'ours' : 'Prometheus';
        return [
          `${trace} ${alert}: only ${who} fires for ${seconds.toFixed(1)} s from ${at.toFixed(1)} s`,
        ];
      }),
    ),
  );
}

/** Stretches in which the two neither change nor are excused: from `first` up to, not including, `end`. */
function runsOf(list: readonly Said[]): { readonly first: number; readonly end: number }[] {
  const runs: { first: number; end: number }[] = [];
  let first = 0;
  for (let index = 1; index <= list.length; index += 1) {
    const [before, one] = [list[first], list[index]];
    if (before === undefined) break;
    if (
      one?.own === before.own &&
      one.prometheus === before.prometheus &&
      isHeld(one) === isHeld(before)
    )
      continue;
    if (!isHeld(before)) runs.push({ first, end: index });
    first = index;
  }
  return runs;
}

/** Ours goes on firing only since it could not decide: by design, and more careful than Prometheus. */
const isHeld = ({ own, held, prometheus }: Said): boolean => own && held && !prometheus;

/** The same as if Prometheus had said something else: to prove that the comparison would notice. */
export function withPrometheus(
  both: BothSaid,
  say: (before: boolean, at: number) => boolean,
): BothSaid {
  const said = [...both.said].map(
    ([trace, alerts]) =>
      [
        trace,
        new Map(
          [...alerts].map(([alert, list]) => [
            alert,
            list.map((one) => ({ ...one, prometheus: say(one.prometheus, one.at) })),
          ]),
        ),
      ] as const,
  );
  return { ...both, said: new Map(said) };
}

/** How many times an alert began or ended, of ours. */
export function transitions({ said }: BothSaid, trace: string): number {
  return [...(said.get(trace)?.values() ?? [])].reduce(
    (sum, list) =>
      sum + list.filter(({ own }, index) => own !== (list[index - 1]?.own ?? false)).length,
    0,
  );
}
