import type { SloReading } from '../../activities/contracts/monitoring.contract.js';

/** `p95 812 ms (at most 500 ms, 214 requests)`: how a reading is spoken of everywhere. */
export function speakReading(reading: SloReading): string {
  const bound = reading.slo === 'availability' ? 'at least' : 'at most';
  const unit = reading.unit === 'ms' ? ' ms' : ' %';
  const value = reading.value === null ? 'unknown' : `${round(reading.value)}${unit}`;
  const counted = reading.slo === 'availability' ? 'probes' : 'requests';
  return `${reading.slo} ${value} (${bound} ${round(reading.threshold)}${unit}, ${reading.samples} ${counted})`;
}

export function speakDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

export function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : (100 * part) / whole;
}

export function round(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Math.round(value * 100) / 100;
}
