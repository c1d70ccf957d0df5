/**
 * Counters of one process through time, in constant memory: a ring of samples whose values never fall, because resets
 * are taken out as they arrive. An increase over any window is then one subtraction, whatever the traffic.
 */
export class CounterSeries {
  readonly #width: number;
  readonly #parts: readonly (readonly [part: number, whole: number])[];
  #capacity: number;
  #at: Float64Array;
  #values: Float64Array;
  /** Counters as last reported, before correction. */
  readonly #reported: Float64Array;
  /** The corrected counters: they begin at 0 with the first sample. */
  readonly #total: Float64Array;
  #added = 0;
  /** Samples that can still be read. */
  #kept = 0;

  /**
   * `width` counters a sample; the newest `capacity` samples are kept. `parts`: which of them counts a part of what
   * another counts, such as the failures among all requests.
   */
  constructor(
    width: number,
    capacity: number,
    parts: readonly (readonly [part: number, whole: number])[] = [],
  ) {
    this.#width = width;
    this.#parts = parts;
    this.#capacity = capacity;
    this.#at = new Float64Array(capacity);
    this.#values = new Float64Array(width * capacity);
    this.#reported = new Float64Array(width);
    this.#total = new Float64Array(width);
  }

  /** Epoch milliseconds of the newest sample; null before the first. */
  get lastAt(): number | null {
    return this.#added === 0 ? null : this.#timeOf(this.#added - 1);
  }

  /** Everything counted since the first sample. */
  get total(): readonly number[] {
    return Array.from(this.#total);
  }

  /** Keeps at least the newest `capacity` samples from now on: samples of shorter pauses take more room. */
  resize(capacity: number): void {
    if (capacity <= this.#capacity) return;
    const at = new Float64Array(capacity);
    const values = new Float64Array(this.#width * capacity);
    const kept = this.#kept;
    for (let index = this.#added - kept; index < this.#added; index += 1) {
      const slot = index % capacity;
      at[slot] = this.#timeOf(index);
      for (let counter = 0; counter < this.#width; counter += 1) {
        values[slot * this.#width + counter] = this.#valueOf(index, counter);
      }
    }
    this.#capacity = capacity;
    this.#at = at;
    this.#values = values;
  }

  /**
   * Adds a reading. The first one is only a start: what was counted before is not ours to date. A counter that fell, or
   * what is left of one without a part of it, means that the process began anew, so all its counters count from zero.
   * A part thus never grows by more than its whole. Readings not newer than the last are ignored.
   */
  add(at: number, counters: ArrayLike<number>): void {
    const lastAt = this.lastAt;
    if (lastAt !== null && at <= lastAt) return;
    const first = lastAt === null;
    const restarted = this.#fell(counters);
    const slot = this.#added % this.#capacity;
    this.#at[slot] = at;
    for (let index = 0; index < this.#width; index += 1) {
      const now = counters[index] ?? 0;
      const before = this.#reported[index] ?? 0;
      const increase = first ? 0 : restarted ? now : now - before;
      this.#reported[index] = now;
      this.#total[index] = (this.#total[index] ?? 0) + increase;
      this.#values[slot * this.#width + index] = this.#total[index] ?? 0;
    }
    this.#added += 1;
    this.#kept = Math.min(this.#kept + 1, this.#capacity);
  }

  /** Forgets all samples; totals stay, and the next reading is a start. */
  forget(): void {
    this.#added = 0;
    this.#kept = 0;
  }

  /**
   * Increase of each counter between the first and the last sample in `[from, to]`: nothing that happened before
   * `from` can leak in. All zero with fewer than two samples.
   */
  increase(from: number, to: number): number[] {
    const first = this.#firstAtOrAfter(from);
    const last = this.#firstAtOrAfter(to + 1) - 1;
    return Array.from({ length: this.#width }, (_, index) =>
      last <= first ? 0 : this.#valueOf(last, index) - this.#valueOf(first, index),
    );
  }

  /** For series whose every sample is an event of its own instant: all that happened in `[from, to]`. */
  eventsIn(from: number, to: number): number[] {
    const before = Math.max(this.#firstAtOrAfter(from) - 1, this.#added - this.#kept);
    const last = this.#firstAtOrAfter(to + 1) - 1;
    return Array.from({ length: this.#width }, (_, index) =>
      last <= before ? 0 : this.#valueOf(last, index) - this.#valueOf(before, index),
    );
  }

  #fell(counters: ArrayLike<number>): boolean {
    const before = this.#reported;
    const rest = (from: ArrayLike<number>, part: number, whole: number): number =>
      (from[whole] ?? 0) - (from[part] ?? 0);
    return (
      before.some((value, index) => (counters[index] ?? 0) < value) ||
      this.#parts.some(([part, whole]) => rest(counters, part, whole) < rest(before, part, whole))
    );
  }

  /** Index of the first kept sample not older than `at`. */
  #firstAtOrAfter(at: number): number {
    let low = this.#added - this.#kept;
    let high = this.#added;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#timeOf(middle) < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #timeOf(index: number): number {
    return this.#at[index % this.#capacity] ?? 0;
  }

  #valueOf(index: number, counter: number): number {
    return this.#values[(index % this.#capacity) * this.#width + counter] ?? 0;
  }
}
