import type { SloName } from '../../activities/contracts/monitoring.contract.js';
import type { Share } from '../../services/monitoring-api/slo.js';
import type { ExposedSeries } from './exposed-series.js';

/*
 * What is to be counted in a window, said once more and in another way than by the code under test: from whole series,
 * straight from the definitions. Windows reach from `from` to `to`, epoch milliseconds; no scrape falls on either.
 */

/** A counter of one process, or of one series, with its resets taken out. */
interface Counter {
  readonly at: readonly number[];
  /** Never falls. */
  readonly values: readonly number[];
  /** As exposed. */
  readonly exposed: readonly number[];
}

/**
 * What ours counts: what each pod added between its first and its last scrape in the window, where it was at zero when
 * it was made; and each probe but the very first.
 */
export class Counted {
  readonly #pods: readonly Record<string, Counter>[];

  constructor(
    series: readonly ExposedSeries[],
    born: ReadonlyMap<string, number | null>,
    readonly probes: readonly { readonly at: number; readonly ok: boolean }[],
    readonly boundSeconds: number,
  ) {
    const pods = [...new Set(series.flatMap(({ labels }) => labels['pod'] ?? []))];
    this.#pods = pods.map((pod) =>
      sumsOf(
        series.filter(({ labels }) => labels['pod'] === pod),
        born.get(pod) ?? null,
      ),
    );
  }

  share(slo: SloName, from: number, to: number): Share {
    if (slo === 'availability') {
      const asked = this.probes.slice(1).filter(({ at }) => at >= from && at <= to);
      return { bad: asked.filter(({ ok }) => !ok).length, total: asked.length };
    }
    const sum = (...names: string[]): number =>
      this.#pods
        .flatMap((pod) => names.map((name) => added(pod[name], from, to)?.increase ?? 0))
        .reduce((one, other) => one + other, 0);
    if (slo === 'error-rate') {
      return { bad: sum('readsFailed', 'writesFailed'), total: sum('reads', 'writes') };
    }
    const total = sum('le=+Inf');
    return { bad: total - sum(`le=${this.boundSeconds}`), total };
  }
}

/** The counters of one process. One that falls, or its rest without a part, tells that all began anew. */
function sumsOf(series: readonly ExposedSeries[], bornAt: number | null): Record<string, Counter> {
  const scraped = [...new Set(series.flatMap((one) => one.at))].sort((one, other) => one - other);
  const at = bornAt === null ? scraped : [bornAt, ...scraped];
  const exposed: Record<string, number[]> = {};
  const add = (name: string, one: ExposedSeries): void => {
    const sums = (exposed[name] ??= at.map(() => 0));
    let index = 0;
    one.at.forEach((time, sample) => {
      while (at[index] !== time) index += 1;
      sums[index] = (sums[index] ?? 0) + (one.values[sample] ?? 0);
    });
  };
  for (const one of series) {
    const { kind, status, le } = one.labels;
    if (one.metric === 'http_requests_total') {
      add(`${kind ?? ''}s`, one);
      if (isFailure(status)) add(`${kind ?? ''}sFailed`, one);
    } else if (one.metric === 'http_request_duration_seconds_bucket') {
      add(`le=${le ?? ''}`, one);
    }
  }
  const names = Object.keys(exposed);
  const parts = [
    ['readsFailed', 'reads'],
    ['writesFailed', 'writes'],
    ...names.filter((name) => name.startsWith('le=')).map((name) => [name, 'le=+Inf']),
  ];
  const value = (name = '', index = 0): number => exposed[name]?.[index] ?? 0;
  const rest = ([part, whole]: string[], index: number): number =>
    value(whole, index) - value(part, index);
  const restarted = at.map(
    (_, index) =>
      index > 0 &&
      (names.some((name) => value(name, index) < value(name, index - 1)) ||
        parts.some((pair) => rest(pair, index) < rest(pair, index - 1))),
  );
  return Object.fromEntries(
    names.map((name) => [
      name,
      corrected(at, exposed[name] ?? [], (index) => restarted[index] ?? false),
    ]),
  );
}

/** What Prometheus makes of the same scrapes: `increase()` of each series, added up as the generated rules do. */
export class Estimated {
  readonly #of: Readonly<
    Record<'all' | 'fast' | 'requests' | 'errors' | 'probes' | 'failed', Counter[]>
  >;

  constructor(series: readonly ExposedSeries[], boundSeconds: number) {
    const counters = (
      metric: string,
      is: (labels: ExposedSeries['labels']) => boolean = () => true,
    ) =>
      series
        .filter((one) => one.metric === metric && is(one.labels))
        .map(({ at, values }) =>
          corrected(at, values, (index) => (values[index] ?? 0) < (values[index - 1] ?? 0)),
        );
    const bucket = 'http_request_duration_seconds_bucket';
    this.#of = {
      all: counters(bucket, ({ le }) => le === '+Inf'),
      fast: counters(bucket, ({ le }) => le === String(boundSeconds)),
      requests: counters('http_requests_total'),
      errors: counters('http_requests_total', ({ status }) => isFailure(status)),
      probes: counters('probe_requests_total'),
      failed: counters('probe_requests_total', ({ result }) => result === 'failed'),
    };
  }

  /** Null: there is nothing to say anything about. */
  share(slo: SloName, from: number, to: number): Share | null {
    const sum = (counters: readonly Counter[]): number | null => {
      const increases = counters.flatMap((counter) => increase(counter, from, to) ?? []);
      return increases.length === 0 ? null : increases.reduce((one, other) => one + other, 0);
    };
    const { all, fast, requests, errors, probes, failed } = this.#of;
    switch (slo) {
      case 'latency-p95': {
        const [total, good] = [sum(all), sum(fast)];
        return total === null || good === null ? null : { bad: total - good, total };
      }
      case 'error-rate': {
        const total = sum(requests);
        return total === null ? null : { bad: sum(errors) ?? 0, total };
      }
      case 'availability': {
        const [total, bad] = [sum(probes), sum(failed)];
        return total === null || bad === null ? null : { bad, total };
      }
    }
  }
}

const isFailure = (status = ''): boolean => status.startsWith('5') || status === '499';

function corrected(
  at: readonly number[],
  exposed: readonly number[],
  beginsAnew: (index: number) => boolean,
): Counter {
  let total = 0;
  const values = exposed.map((value, index) => {
    if (index > 0) total += beginsAnew(index) ? value : value - (exposed[index - 1] ?? 0);
    return total;
  });
  return { at, values, exposed };
}

/** What was added between the first and the last sample in a window; null with fewer than two. */
function added(counter: Counter | undefined, from: number, to: number) {
  if (counter === undefined) return null;
  const { at, values } = counter;
  const first = firstAfter(at, from);
  const last = firstAfter(at, to) - 1;
  if (last <= first) return null;
  return { first, last, increase: (values[last] ?? 0) - (values[first] ?? 0) };
}

/**
 * Prometheus' `increase()`: what was added between two samples, stretched to the whole window as if the samples went on
 * evenly up to its ends. Where none is near an end (1.1 pauses), by half a pause only; and never before the instant at
 * which the counter would have been zero.
 */
function increase(counter: Counter, from: number, to: number): number | null {
  const seen = added(counter, from, to);
  if (seen === null) return null;
  // In seconds, as it does: what is just near enough hangs on the last bit.
  const between = (one = 0, other = 0): number => (other - one) / 1_000;
  const firstAt = counter.at[seen.first];
  const lastAt = counter.at[seen.last];
  const sampled = between(firstAt, lastAt);
  const pause = sampled / (seen.last - seen.first);
  const reach = (distance: number): number => (distance >= pause * 1.1 ? pause / 2 : distance);
  const toZero =
    seen.increase > 0
      ? sampled * ((counter.exposed[seen.first] ?? 0) / seen.increase)
      : Number.POSITIVE_INFINITY;
  const stretched =
    sampled + Math.min(reach(between(from, firstAt)), toZero) + reach(between(lastAt, to));
  return seen.increase * (stretched / sampled);
}

/** Index of the first time after `limit`. */
function firstAfter(at: readonly number[], limit: number): number {
  let low = 0;
  let high = at.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((at[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
