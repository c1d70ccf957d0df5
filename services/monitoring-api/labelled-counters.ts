import { CounterSeries } from './counter-series.js';
import type { LabelledCounts } from './parse-exposition.js';

/** Labels that are remembered of one process. Twice what it tells at a time: those gone still count in the windows. */
const maxLabels = 128;

/** Requests and failures of one process by a label that comes and goes (a route, a tenant), in bounded memory. */
export class LabelledCounters {
  readonly #series = new Map<string, CounterSeries>();
  #lastAt: number | null = null;

  #capacity: number;

  /** `capacity`: readings kept of each label. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  resize(capacity: number): void {
    this.#capacity = Math.max(capacity, this.#capacity);
    for (const series of this.#series.values()) series.resize(capacity);
  }

  forget(): void {
    this.#series.clear();
    this.#lastAt = null;
  }

  add(at: number, counts: LabelledCounts): void {
    for (const [label, count] of counts) this.#seriesOf(label).add(at, count);
    this.#lastAt = at;
  }

  /** Labels with requests between the first and the last reading in `[from, to]`. */
  increase(from: number, to: number): [label: string, requests: number, errors: number][] {
    return [...this.#series].flatMap(([label, series]) => {
      const [requests = 0, errors = 0] = series.increase(from, to);
      return requests === 0 ? [] : [[label, requests, errors]];
    });
  }

  #seriesOf(label: string): CounterSeries {
    let series = this.#series.get(label);
    if (series === undefined) {
      series = new CounterSeries(2, this.#capacity, [[1, 0]]);
      // A label that was not in the last reading has been counted from zero since then.
      if (this.#lastAt !== null) series.add(this.#lastAt, [0, 0]);
      if (this.#series.size >= maxLabels) this.#forgetOldest();
      this.#series.set(label, series);
    }
    return series;
  }

  #forgetOldest(): void {
    const [oldest] = [...this.#series].sort(
      ([, one], [, other]) => (one.lastAt ?? 0) - (other.lastAt ?? 0),
    );
    if (oldest !== undefined) this.#series.delete(oldest[0]);
  }
}
