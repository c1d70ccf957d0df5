import type { SloFinding } from './read-findings.js';

/** `1 min 20 s`, `850 ms`. */
export function sayDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1_000);
  const parts = [
    [Math.floor(seconds / 3_600), 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}

/** Milliseconds from one instant to another; null when either is not known. */
export function between(from: string | null, to: string | null): number | null {
  return from === null || to === null ? null : Date.parse(to) - Date.parse(from);
}

/** `2026-11-24 10:00:05 UTC` */
export const sayInstant = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;

export function sayNumber(value: number, unit: 'ms' | 'percent'): string {
  const rounded = Number(value.toFixed(unit === 'ms' || value >= 1_000 ? 0 : 2));
  return `${rounded} ${unit === 'ms' ? 'ms' : '%'}`;
}

export const sloTitles: Readonly<Record<string, string>> = {
  'latency-p95': 'Latency, 95th percentile',
  'error-rate': 'Error rate',
  availability: 'Availability',
};

/** `at most 500 ms`, `below 1 %`, `at least 99.5 %` */
export function sayThreshold({
  slo,
  threshold,
  unit,
}: Pick<SloFinding, 'threshold' | 'unit'> & { readonly slo: string }): string {
  const bound = slo === 'availability' ? 'at least' : slo === 'error-rate' ? 'below' : 'at most';
  return `${bound} ${sayNumber(threshold, unit)}`;
}

export const notRecorded = '_not recorded_';

/** Text of others inside a table: no row may break out of it. */
export const cell = (text: string): string =>
  text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ');
