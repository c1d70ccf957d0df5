import type {
  ServiceHealth,
  SloName,
  SloReading,
} from '../../activities/contracts/monitoring.contract.js';
import { formatDuration } from './format-duration.js';

export interface StatusInput {
  readonly status: ServiceHealth['status'];
  readonly slos: readonly SloReading[];
  readonly windowMs: number;
  /** Of the rolling objective. */
  readonly objectiveMinutes: number;
  /** What the rolling objective misses. */
  readonly missed: readonly SloName[];
  /** From when on it is met again at the latest, if nothing more fails; epoch milliseconds. */
  readonly metFrom: () => number;
}

/** Why a service is not ok, in one sentence with numbers; null when it is. */
export function explainStatus(input: StatusInput): string | null {
  const { status, slos, windowMs } = input;
  const window = `the last ${formatDuration(windowMs)}`;
  const of = (state: SloReading['state']): SloReading[] =>
    slos.filter((slo) => slo.state === state);
  switch (status) {
    case 'ok':
      return null;
    case 'critical':
      return `missed in ${window}: ${of('breached').map(describeBreach).join(', ')}`;
    case 'unproven':
      return `not proven: ${of('unproven')
        .map(({ slo, reason }) => `${slo} (${reason ?? 'no reason known'})`)
        .join(', ')}`;
    case 'warning':
      return (
        `${input.objectiveMinutes}-minute objective missed: ${describeMissed(input)}; all is well in ${window}; ` +
        `ok again by ${new Date(input.metFrom()).toISOString()} if nothing more fails`
      );
  }
}

function describeBreach({ slo, value, threshold, unit, samples }: SloReading): string {
  const suffix = unit === 'ms' ? ' ms' : ' %';
  const of = slo === 'availability' ? 'probes' : 'requests';
  return `${slo} ${value === null ? 'unknown' : rounded(value)}${suffix} (objective ${threshold}${suffix}, ${samples} ${of})`;
}

function describeMissed({ missed, slos }: StatusInput): string {
  return missed
    .map((name) => {
      const left = slos.find(({ slo }) => slo === name)?.budgetLeft ?? null;
      return left === null ? name : `${name} budget spent ${rounded(1 - left)} times`;
    })
    .join(', ');
}

const rounded = (value: number): number => Number(value.toPrecision(3));
