import type {
  PartyTraffic,
  PodReading,
  TrafficSplit,
} from '../../activities/contracts/monitoring.contract.js';
import type { AlertSettings } from '../../configuration/alerts.schema.js';
import type { Milliseconds } from '../../configuration/duration.schema.js';
import type { Slo } from '../../configuration/services.schema.js';
import { CounterSeries } from './counter-series.js';
import { GaugeSeries } from './gauge-series.js';
import { LabelledCounters } from './labelled-counters.js';
import { bucketCount, counterAt, counterParts, counterWidth } from './parse-exposition.js';
import type { PodSample } from './parse-exposition.js';
import type { PodModes } from './pod-modes.js';
import { slowShare } from './slo.js';
import type { WindowCounts } from './slo.js';

/** A pod of a service's Deployment, as Kubernetes tells it. */
export interface DiscoveredPod {
  readonly name: string;
  /** Label `pod-template-hash`. */
  readonly templateHash: string | null;
  /** Epoch milliseconds; null: not known. */
  readonly createdAt: number | null;
  /** Ready and not on its way out: it should be answering. */
  readonly ready: boolean;
  /** `host:port` of its metrics; null while it has no address. */
  readonly address: string | null;
}

/** More pods than this are not told apart; those beyond are named as not watched. */
export const maxPods = 256;

/** Tenants, and warehouses, that an answer names. */
const maxParties = 5;

interface PodRecord {
  readonly name: string;
  templateHash: string | null;
  ready: boolean;
  /** Epoch milliseconds since when Kubernetes no longer lists it; null while it does. */
  goneAt: number | null;
  firstSeenAt: number;
  /** From when on its counters count, as far as it is known and of use. */
  countsFrom: number | null;
  up: boolean;
  lastError: string | null;
  memoryBytes: number | null;
  modes: PodModes | null;
  oldestSeconds: number | null;
  readonly counters: CounterSeries;
  readonly eventLoopLagMs: GaugeSeries;
  readonly routes: LabelledCounters;
  readonly tenants: LabelledCounters;
  readonly warehouses: LabelledCounters;
  readonly refused: LabelledCounters;
}

/** Failing requests of one route on one revision of the pods. */
export interface RouteCounts {
  readonly route: string;
  readonly templateHash: string | null;
  readonly requests: number;
  readonly errors: number;
}

export interface StoreSizes {
  readonly scrapeInterval: Milliseconds;
  readonly probeInterval: Milliseconds;
  /** The longest window anybody asks about. */
  readonly retention: Milliseconds;
  /** How far back routes are told apart. */
  readonly routeWindow: Milliseconds;
}

/** How long each series must reach back for the rules and the objective of a service. */
export function storeSizes(alerts: AlertSettings, objective: Slo): StoreSizes {
  const longest = Math.max(
    objective.windowMinutes * 60_000,
    ...alerts.rules.map((rule) => rule.longWindow),
  );
  return {
    scrapeInterval: alerts.scrapeInterval,
    probeInterval: alerts.probeInterval,
    retention: longest + alerts.verdictWindow,
    routeWindow: 5 * alerts.verdictWindow,
  };
}

/** All that is remembered of one service: counters by pod, and probes. Its size is bounded by the windows and `maxPods`. */
export class ServiceStore {
  readonly #pods = new Map<string, PodRecord>();
  readonly #probes: CounterSeries;
  #probeTotals: [probes: number, failed: number] = [0, 0];
  #unwatched = 0;
  #hasListed = false;
  /** Up to when windows lack what pods counted that were forgotten to make room; epoch milliseconds. */
  #lackingTo = 0;
  /** Counts of pods that are forgotten: totals must never fall. */
  readonly #retired = new Float64Array(counterWidth);

  #sizes: StoreSizes;

  constructor(sizes: StoreSizes) {
    this.#sizes = sizes;
    this.#probes = new CounterSeries(2, capacity(sizes.retention, sizes.probeInterval));
  }

  get sizes(): StoreSizes {
    return this.#sizes;
  }

  /** Reaches back as far as other windows and intervals need it; what is known is kept. */
  resize(sizes: StoreSizes): void {
    this.#sizes = sizes;
    this.#probes.resize(capacity(sizes.retention, sizes.probeInterval));
    const labelled = capacity(sizes.routeWindow, sizes.scrapeInterval);
    for (const record of this.#pods.values()) {
      record.counters.resize(capacity(sizes.retention, sizes.scrapeInterval));
      for (const series of seriesOf(record).slice(1)) series.resize(labelled);
    }
  }

  /** Forgets what was counted, as of pods seen now for the first time. Totals stay. */
  startAnew(now: number): void {
    this.#probes.forget();
    this.#lackingTo = 0;
    for (const record of this.#pods.values()) {
      record.firstSeenAt = now;
      record.countsFrom = null;
      record.goneAt = record.goneAt === null ? null : now;
      for (const series of seriesOf(record)) series.forget();
    }
  }

  /** Takes over which pods exist now. A pod that is gone still counts in the windows it was part of. */
  updatePods(discovered: readonly DiscoveredPod[], at: number): void {
    const names = new Set(discovered.map((pod) => pod.name));
    for (const record of this.#pods.values()) {
      if (!names.has(record.name)) record.goneAt ??= at;
      if (record.goneAt !== null && at - record.goneAt > this.sizes.retention) this.#forget(record);
    }
    this.#unwatched = 0;
    for (const pod of discovered) {
      const record = this.#pods.get(pod.name) ?? this.#remember(pod, at);
      if (record === null) {
        this.#unwatched += 1;
        continue;
      }
      record.templateHash = pod.templateHash;
      record.ready = pod.ready;
      record.goneAt = null;
    }
    this.#hasListed = true;
  }

  recordScrape(pod: string, at: number, sample: PodSample): void {
    const record = this.#pods.get(pod);
    if (record === undefined) return;
    record.up = true;
    record.lastError = null;
    record.memoryBytes = sample.memoryBytes;
    record.modes = sample.modes;
    record.oldestSeconds = sample.oldestSeconds;
    this.#beginAtZero(record, at);
    record.counters.add(at, sample.counters);
    record.eventLoopLagMs.add(at, sample.eventLoopLagMs);
    record.routes.add(at, sample.routes);
    record.tenants.add(at, sample.tenants);
    record.warehouses.add(at, sample.warehouses);
    record.refused.add(at, sample.refused);
  }

  recordFailedScrape(pod: string, reason: string): void {
    const record = this.#pods.get(pod);
    if (record === undefined) return;
    record.up = false;
    record.lastError = reason;
  }

  /** The first one is only a start, as a first scrape is: it may tell more of a monitor that just starts. */
  recordProbe(at: number, ok: boolean): void {
    this.#probeTotals = [this.#probeTotals[0] + 1, this.#probeTotals[1] + (ok ? 0 : 1)];
    this.#probes.add(at, this.#probeTotals);
  }

  counts(from: number, to: number): WindowCounts {
    const sum = new Float64Array(counterWidth);
    for (const { counters } of this.#pods.values()) addInto(sum, counters.increase(from, to));
    const [probes = 0, failedProbes = 0] = this.#probes.eventsIn(from, to);
    const { reads, readErrors, writes, writeErrors, buckets } = counterAt;
    return {
      requests: at(sum, reads) + at(sum, writes),
      errors: at(sum, readErrors) + at(sum, writeErrors),
      buckets: Array.from(sum.subarray(buckets, buckets + bucketCount)),
      probes,
      failedProbes,
    };
  }

  /** Reads and writes apart; null where there were none of that kind. */
  traffic(from: number, to: number): { reads: TrafficSplit | null; writes: TrafficSplit | null } {
    const sum = new Float64Array(counterWidth);
    for (const { counters } of this.#pods.values()) addInto(sum, counters.increase(from, to));
    const split = (requests: number, errors: number): TrafficSplit | null =>
      at(sum, requests) === 0 ? null : { requests: at(sum, requests), errors: at(sum, errors) };
    return {
      reads: split(counterAt.reads, counterAt.readErrors),
      writes: split(counterAt.writes, counterAt.writeErrors),
    };
  }

  /** The pods that exist, and those gone that still have a share in the window. */
  pods(from: number, to: number, thresholdMs: number): PodReading[] {
    return [...this.#pods.values()].flatMap((record): PodReading[] => {
      const counters = record.counters.increase(from, to);
      const requests = at(counters, counterAt.reads) + at(counters, counterAt.writes);
      if (record.goneAt !== null && requests === 0) return [];
      const buckets = counters.slice(counterAt.buckets, counterAt.buckets + bucketCount);
      return [
        {
          pod: record.name,
          templateHash: record.templateHash,
          up: record.up && record.goneAt === null,
          requests,
          errors: at(counters, counterAt.readErrors) + at(counters, counterAt.writeErrors),
          slow: slowShare(buckets, thresholdMs).bad,
          eventLoopLagMs: record.eventLoopLagMs.max(from, to),
          memoryBytes: record.memoryBytes,
        },
      ];
    });
  }

  /** What the pods that exist and could be scraped last told of themselves. */
  livePods(): { readonly name: string; modes: PodModes | null; oldestSeconds: number | null }[] {
    return [...this.#pods.values()].filter(({ up, goneAt }) => up && goneAt === null);
  }

  /** Pods that exist and cannot be scraped, with the reason. */
  unreachablePods(): { pod: string; templateHash: string | null; reason: string }[] {
    return [...this.#pods.values()]
      .filter(({ goneAt, lastError }) => goneAt === null && lastError !== null)
      .map(({ name, templateHash, lastError }) => ({
        pod: name,
        templateHash,
        reason: lastError ?? '',
      }));
  }

  /** Requests by route and revision, most errors first. Reaches back `routeWindow` at most. */
  routes(from: number, to: number): RouteCounts[] {
    const sums = new Map<string, RouteCounts>();
    for (const { templateHash, routes } of this.#pods.values()) {
      for (const [route, requests, errors] of routes.increase(from, to)) {
        const key = `${templateHash ?? ''} ${route}`;
        const sum = sums.get(key);
        sums.set(key, {
          route,
          templateHash,
          requests: requests + (sum?.requests ?? 0),
          errors: errors + (sum?.errors ?? 0),
        });
      }
    }
    return [...sums.values()].sort((one, other) => other.errors - one.errors);
  }

  /** Requests by tenant or warehouse, or refused by why, most failures first, at most `maxParties`. Reaches back
   *  `routeWindow` at most. */
  parties(kind: 'tenants' | 'warehouses' | 'refused', from: number, to: number): PartyTraffic[] {
    const sums = new Map<string, { name: string; requests: number; errors: number }>();
    for (const record of this.#pods.values()) {
      for (const [name, requests, errors] of record[kind].increase(from, to)) {
        const sum = sums.get(name) ?? { name, requests: 0, errors: 0 };
        sum.requests += requests;
        sum.errors += errors;
        sums.set(name, sum);
      }
    }
    return [...sums.values()]
      .sort((one, other) => other.errors - one.errors || other.requests - one.requests)
      .slice(0, maxParties);
  }

  /** Why nothing can be said about requests at `now`; null when it can. */
  scrapeBlindness(now: number, staleAfterMs: number): string | null {
    const newest = [...this.#pods.values()].reduce<number | null>((latest, { counters }) => {
      const { lastAt } = counters;
      return lastAt === null || (latest !== null && latest > lastAt) ? latest : lastAt;
    }, null);
    if (newest === null) {
      return this.#pods.size === 0 ? 'no pod found' : 'no pod could be scraped yet';
    }
    const age = now - newest;
    return age > staleAfterMs ? `no pod could be scraped for ${seconds(age)}` : null;
  }

  /** Why the requests of the window are not all known; null when they are. */
  lacks(from: number): string | null {
    return from < this.#lackingTo
      ? `pods came and went so fast that the requests of some are forgotten: more than ${maxPods}`
      : null;
  }

  /** Which ready pods are not seen at `now`, so that calm numbers of the others prove nothing; null when all are. */
  scrapeGaps(now: number, staleAfterMs: number): string | null {
    const unseen = [...this.#pods.values()].filter(
      ({ ready, goneAt, counters, firstSeenAt }) =>
        ready && goneAt === null && now - (counters.lastAt ?? firstSeenAt) > staleAfterMs,
    );
    if (this.#unwatched > 0)
      return `${this.#unwatched} pods beyond the first ${maxPods} are not watched`;
    return unseen.length === 0
      ? null
      : `no metrics from ready pods ${unseen.map(({ name }) => name).join(', ')}`;
  }

  /** Why nothing can be said about availability at `now`; null when it can. */
  probeBlindness(now: number, staleAfterMs: number): string | null {
    const { lastAt } = this.#probes;
    if (lastAt === null) return 'no probe has ended yet';
    const age = now - lastAt;
    return age > staleAfterMs ? `no probe has ended for ${seconds(age)}` : null;
  }

  /** Counted since the monitor started; never falls. */
  totals(): {
    readonly counters: readonly number[];
    readonly probes: number;
    readonly failedProbes: number;
  } {
    const sum = Float64Array.from(this.#retired);
    for (const { counters } of this.#pods.values()) addInto(sum, counters.total);
    const [probes, failedProbes] = this.#probeTotals;
    return { counters: Array.from(sum), probes, failedProbes };
  }

  #remember(pod: DiscoveredPod, now: number): PodRecord | null {
    if (this.#pods.size >= maxPods) {
      const oldestGone = [...this.#pods.values()]
        .filter(({ goneAt }) => goneAt !== null)
        .sort((one, other) => (one.goneAt ?? 0) - (other.goneAt ?? 0))[0];
      if (oldestGone === undefined) return null;
      this.#lackingTo = Math.max(this.#lackingTo, oldestGone.counters.lastAt ?? 0);
      this.#forget(oldestGone);
    }
    const { retention, routeWindow, scrapeInterval } = this.sizes;
    const labelled = capacity(routeWindow, scrapeInterval);
    const record: PodRecord = {
      name: pod.name,
      templateHash: pod.templateHash,
      ready: pod.ready,
      goneAt: null,
      firstSeenAt: now,
      // Of what ran when the monitor began, only what comes from then on is counted.
      countsFrom: this.#hasListed ? pod.createdAt : null,
      up: false,
      lastError: null,
      memoryBytes: null,
      modes: null,
      oldestSeconds: null,
      counters: new CounterSeries(counterWidth, capacity(retention, scrapeInterval), counterParts),
      eventLoopLagMs: new GaugeSeries(labelled),
      routes: new LabelledCounters(labelled),
      tenants: new LabelledCounters(labelled),
      warehouses: new LabelledCounters(labelled),
      refused: new LabelledCounters(labelled),
    };
    this.#pods.set(pod.name, record);
    return record;
  }

  /** All that a pod tells at first happened since it was made: a bad release must not get its first seconds free. */
  #beginAtZero({ countsFrom, counters, ...labelled }: PodRecord, at: number): void {
    const isOfUse =
      countsFrom !== null && countsFrom < at && at - countsFrom <= this.sizes.retention;
    if (counters.lastAt !== null || !isOfUse) return;
    counters.add(countsFrom, new Float64Array(counterWidth));
    for (const kind of ['routes', 'tenants', 'warehouses', 'refused'] as const)
      labelled[kind].add(countsFrom, new Map());
  }

  #forget(record: PodRecord): void {
    addInto(this.#retired, record.counters.total);
    this.#pods.delete(record.name);
  }
}

const seriesOf = ({ counters, eventLoopLagMs, ...labelled }: PodRecord) => {
  const { routes, tenants, warehouses, refused } = labelled;
  return [counters, eventLoopLagMs, routes, tenants, warehouses, refused] as const;
};

/** One slot an interval, the fence post, and one for a scrape that came early. */
function capacity(window: Milliseconds, interval: Milliseconds): number {
  return Math.ceil(window / interval) + 2;
}

function addInto(sum: Float64Array, values: readonly number[]): void {
  values.forEach((value, index) => {
    sum[index] = (sum[index] ?? 0) + value;
  });
}

const at = (values: ArrayLike<number>, index: number): number => values[index] ?? 0;
const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;
