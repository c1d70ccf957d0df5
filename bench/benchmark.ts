import type { PairedRatio } from './statistics.js';

export interface Measurement {
  readonly value: number;
  /** Other programs, or other sizes, in the same run and unit. */
  readonly peers: Readonly<Record<string, number>>;
  readonly rounds: number;
  /** Smallest and largest value of a round. */
  readonly spread: readonly [min: number, max: number];
  /** The same thing against itself, in the same rounds. */
  readonly control: PairedRatio;
}

export interface Benchmark {
  readonly id: string;
  readonly unit: string;
  readonly target: number;
  readonly better: 'lower' | 'higher';
  /** Bounded in time; leaves nothing running. */
  measure(): Promise<Measurement>;
}
