import type { SloName, SloReading } from '../../activities/contracts/monitoring.contract.js';
import type { AlertSettings } from '../../configuration/alerts.schema.js';
import { latencyBucketsMs } from '../../configuration/latency-buckets.js';
import type { Slo } from '../../configuration/services.schema.js';

export const sloNames: readonly SloName[] = ['latency-p95', 'error-rate', 'availability'];

/** What happened to one service in one window. */
export interface WindowCounts {
  readonly requests: number;
  /** Answered 5xx. */
  readonly errors: number;
  /** Requests at most as slow as each histogram bound; the last holds all. */
  readonly buckets: readonly number[];
  readonly probes: number;
  readonly failedProbes: number;
}

/** How many of what an SLO counts were bad. */
export interface Share {
  readonly bad: number;
  readonly total: number;
}

/** Share of bad events an SLO allows, in percent: 5 for a 95th percentile. */
export function budgetPercent(slo: SloName, objective: Slo): number {
  switch (slo) {
    case 'latency-p95':
      return 5;
    case 'error-rate':
      return objective.errorRatePercent;
    case 'availability':
      // 100 - 99.9 is 0.09999999999999432 in floating point.
      return Math.round((100 - objective.availabilityPercent) * 1e6) / 1e6;
  }
}

export function shareOf(slo: SloName, counts: WindowCounts, objective: Slo): Share {
  switch (slo) {
    case 'latency-p95':
      return slowShare(counts.buckets, objective.latencyP95Ms);
    case 'error-rate':
      return { bad: counts.errors, total: counts.requests };
    case 'availability':
      return { bad: counts.failedProbes, total: counts.probes };
  }
}

/** Requests slower than `thresholdMs`, a histogram bound: exact, no interpolation. */
export function slowShare(buckets: readonly number[], thresholdMs: number): Share {
  const total = buckets.at(-1) ?? 0;
  const fast = buckets[latencyBucketsMs.findIndex((bound) => bound === thresholdMs)] ?? 0;
  return { bad: total - fast, total };
}

/**
 * One bad event alone is chance: of the first ten probes it is 10 %, where 0.5 % is allowed. Not a whole number, since
 * Prometheus estimates.
 */
export const badByChance = 1.5;

/** 1 = spends exactly the whole budget in the objective window. Null without any event. */
export function burnRateOf({ bad, total }: Share, budget: number): number | null {
  return total === 0 ? null : (bad * 100) / (total * budget);
}

/**
 * Whether a share burns more than `factor` budgets. The promise is "errors below 1 %", so that exactly 1 % breaks it;
 * latency and availability promise "at most", so that the exact boundary still keeps it.
 * Multiplied out, since a quotient at the boundary would depend on rounding.
 */
export function exceeds(
  slo: SloName,
  { bad, total }: Share,
  budget: number,
  factor: number,
): boolean {
  if (total === 0) return false;
  const limit = total * budget * factor;
  return slo === 'error-rate' && factor <= 1 ? bad * 100 >= limit : bad * 100 > limit;
}

/** The 95th percentile, milliseconds, interpolated within its bucket. It is above a bound exactly when more than 5 %
 *  are slower than that bound. Null without requests; the highest bound when it lies above. */
export function p95Of(buckets: readonly number[]): number | null {
  const total = buckets.at(-1) ?? 0;
  if (total === 0) return null;
  // Not total * 0.95: whole numbers keep the boundary exact.
  const rank = (total * 95) / 100;
  const index = buckets.findIndex((count) => count >= rank);
  const upper = latencyBucketsMs[index];
  if (upper === undefined) return latencyBucketsMs.at(-1) ?? null;
  const lower = latencyBucketsMs[index - 1] ?? 0;
  const below = buckets[index - 1] ?? 0;
  const within = (buckets[index] ?? 0) - below;
  return lower + ((upper - lower) * (rank - below)) / within;
}

export function minimumSamples(slo: SloName, minimum: AlertSettings['minimumSamples']): number {
  switch (slo) {
    case 'latency-p95':
      return minimum.latency;
    case 'error-rate':
      return minimum.errorRate;
    case 'availability':
      return minimum.availability;
  }
}

export function thresholdOf(
  slo: SloName,
  objective: Slo,
): { threshold: number; unit: 'ms' | 'percent' } {
  switch (slo) {
    case 'latency-p95':
      return { threshold: objective.latencyP95Ms, unit: 'ms' };
    case 'error-rate':
      return { threshold: objective.errorRatePercent, unit: 'percent' };
    case 'availability':
      return { threshold: objective.availabilityPercent, unit: 'percent' };
  }
}

export interface ReadingInput {
  readonly service: string;
  readonly slo: SloName;
  readonly objective: Slo;
  readonly minSamples: number;
  /** The verdict window. */
  readonly counts: WindowCounts;
  readonly from: number;
  readonly windowMs: number;
  /** The rolling objective window; null when it is not all known. */
  readonly rolling: WindowCounts | null;
  /** Why nothing may be concluded from the window at all; null when it may. */
  readonly blind: string | null;
  /** Why good numbers would not prove health, though bad ones prove a breach; null when they would. */
  readonly partial: string | null;
}

/** Three-valued: a breach needs proof, and so does health. */
export function readSlo(input: ReadingInput): SloReading {
  const { slo, objective, counts, minSamples } = input;
  const budget = budgetPercent(slo, objective);
  const share = shareOf(slo, counts, objective);
  const rollingBurn =
    input.rolling === null ? null : burnRateOf(shareOf(slo, input.rolling, objective), budget);
  const tooFew =
    share.total < minSamples
      ? `${share.total} ${slo === 'availability' ? 'probes' : 'requests'} in the window, ${minSamples} needed`
      : null;
  const missed = exceeds(slo, share, budget, 1);
  const alone = missed && share.bad <= badByChance ? 'one failure alone proves nothing' : null;
  const breached = missed && alone === null;
  const reason = input.blind ?? tooFew ?? alone ?? (breached ? null : input.partial);
  return {
    service: input.service,
    slo,
    state: reason !== null ? 'unproven' : breached ? 'breached' : 'ok',
    value: valueOf(slo, counts, share),
    ...thresholdOf(slo, objective),
    from: new Date(input.from).toISOString(),
    windowMs: input.windowMs,
    samples: share.total,
    minSamples,
    budgetLeft: rollingBurn === null ? null : 1 - rollingBurn,
    burnRate: burnRateOf(share, budget),
    ...(reason === null ? {} : { reason }),
  };
}

/** Milliseconds for latency, percent of errors, percent of good probes. */
function valueOf(slo: SloName, counts: WindowCounts, { bad, total }: Share): number | null {
  if (total === 0) return null;
  switch (slo) {
    case 'latency-p95':
      return p95Of(counts.buckets);
    case 'error-rate':
      return (bad * 100) / total;
    case 'availability':
      return ((total - bad) * 100) / total;
  }
}
