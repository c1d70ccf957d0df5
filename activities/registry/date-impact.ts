import type { DatedImpact } from '../../services/shared/storage/registry/incident-record.js';
import type { SloSeries } from '../contracts/monitoring.contract.js';

/** All epoch milliseconds. */
export interface Breach {
  /** The first evaluation that found an objective missed. */
  readonly foundAt: number;
  /** How much time before it that evaluation looked at. */
  readonly windowMs: number;
  /** First recorded failed write in that time; null when there is none, or none yet. */
  readonly firstFailedWriteAt: number | null;
}

/**
 * When users were first hit: the first failure in the window that was found in breach, and by what it is known. What
 * failed before that window did not lead to the breach, so that failures that trickle all day do not move it.
 *
 * Counters tell it to an evaluation, for reads and writes; a failed write tells it exactly, by its pod's clock, and is
 * believed unless the counters had shown failures before it. Slow requests are counted by no series: where only the
 * latency was missed, the impact begins with the evaluation that found it.
 */
export function dateImpact(breach: Breach, series: readonly SloSeries[]): DatedImpact {
  const { foundAt, firstFailedWriteAt } = breach;
  const counted = series
    .flatMap((one) => findFirstFailures(one, breach) ?? [])
    .sort((one, other) => one.after - other.after)[0];
  const isSlowOnly = counted === undefined && series.some((one) => isMissed(one, breach));
  if (firstFailedWriteAt !== null && !isSlowOnly) {
    if (counted === undefined || firstFailedWriteAt <= counted.by) {
      return { from: iso(Math.min(firstFailedWriteAt, foundAt)), knownBy: 'failed-write' };
    }
  }
  return counted === undefined
    ? { from: iso(foundAt), knownBy: 'breach' }
    : { from: iso(counted.after), knownBy: 'counters' };
}

/** Between which evaluations the first failures fell that a missed objective counts. Null when it counts none. */
function findFirstFailures(
  series: SloSeries,
  breach: Breach,
): { readonly after: number; readonly by: number } | null {
  if (series.slo === 'latency-p95' || !isMissed(series, breach)) return null;
  const earliest = breach.foundAt - breach.windowMs;
  const before = pointsUntil(series, breach.foundAt);
  const clean = before.findLastIndex(
    ({ at, value }) => at < earliest || !hasFailures(series, value),
  );
  const by = before[clean + 1];
  return by === undefined
    ? null
    : { after: Math.max(earliest, before[clean]?.at ?? earliest), by: by.at };
}

/** Whether the objective was missed in the evaluation that found the breach. */
function isMissed(series: SloSeries, { foundAt }: Breach): boolean {
  const last = pointsUntil(series, foundAt).at(-1);
  if (last === undefined || last.value === null || last.at !== foundAt) return false;
  switch (series.slo) {
    case 'availability':
      return last.value < series.threshold;
    case 'error-rate':
      return last.value >= series.threshold;
    case 'latency-p95':
      return last.value > series.threshold;
  }
}

const hasFailures = ({ slo }: SloSeries, value: number | null): boolean =>
  value !== null && (slo === 'availability' ? value < 100 : value > 0);

const pointsUntil = ({ points }: SloSeries, until: number) =>
  points.map(({ at, value }) => ({ at: Date.parse(at), value })).filter(({ at }) => at <= until);

const iso = (at: number): string => new Date(at).toISOString();
