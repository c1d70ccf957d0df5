/** What paired rounds say: the median of their ratios, and the extremes. */
export interface PairedRatio {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Medians further apart than this between a thing and itself: the machine was too busy for a verdict. */
const noiseLimit = 0.05;

/** The middle value; the mean of the two middle ones when even. @throws RangeError without values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined)
    throw new RangeError('no values to take the median of');
  return (lower + upper) / 2;
}

/** Ratios round by round: both sides of a round met the same machine, so its mood cancels out.
 *  @throws RangeError when the sides differ in rounds. */
export function pairedRatio(values: readonly number[], bases: readonly number[]): PairedRatio {
  if (values.length !== bases.length) throw new RangeError('both sides need as many rounds');
  const ratios = values.map((value, round) => value / (bases[round] ?? NaN));
  return { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) };
}

/** Whether a thing measured against itself came out too far from 1. */
export function isNoisy(control: PairedRatio): boolean {
  return !(Math.abs(control.median - 1) <= noiseLimit);
}
