/** A measured value through time, in constant memory: the newest `capacity` points are kept. */
export class GaugeSeries {
  #capacity: number;
  #at: Float64Array;
  #values: Float64Array;
  #added = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#at = new Float64Array(capacity);
    this.#values = new Float64Array(capacity);
  }

  /** Keeps at least the newest `capacity` points from now on: points of shorter pauses take more room. */
  resize(capacity: number): void {
    if (capacity <= this.#capacity) return;
    const kept = this.points(-Infinity, Infinity);
    this.#capacity = capacity;
    this.#at = new Float64Array(capacity);
    this.#values = new Float64Array(capacity);
    this.#added = 0;
    for (const { at, value } of kept) this.add(at, value);
  }

  forget(): void {
    this.#added = 0;
  }

  /** Null: there was nothing to measure. */
  add(at: number, value: number | null): void {
    const slot = this.#added % this.#capacity;
    this.#at[slot] = at;
    this.#values[slot] = value ?? NaN;
    this.#added += 1;
  }

  /** The points in `[from, to]`, oldest first. */
  points(from: number, to: number): { readonly at: number; readonly value: number | null }[] {
    const points = [];
    for (let index = Math.max(0, this.#added - this.#capacity); index < this.#added; index += 1) {
      const at = this.#at[index % this.#capacity] ?? 0;
      const value = this.#values[index % this.#capacity] ?? NaN;
      if (at >= from && at <= to) points.push({ at, value: Number.isNaN(value) ? null : value });
    }
    return points;
  }

  /** The highest value in `[from, to]`; null when there is none. */
  max(from: number, to: number): number | null {
    return this.points(from, to).reduce<number | null>(
      (highest, { value }) =>
        value === null || (highest !== null && highest >= value) ? highest : value,
      null,
    );
  }
}
