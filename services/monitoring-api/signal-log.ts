import type { Signal, SignalPage } from '../shared/telemetry/signal-ring.js';

/** A signal and where it came from. */
export interface PodSignal extends Signal {
  readonly service: string;
  readonly pod: string;
}

export interface SignalFilter {
  /** At least so severe. */
  readonly severity?: Signal['severity'] | undefined;
  readonly tenant?: string | undefined;
  /** Epoch milliseconds; signals at or after it. */
  readonly since?: number | undefined;
}

/** `time`: epoch milliseconds of the signal's `at`, read once, when it arrived. */
export interface TimedSignal {
  readonly time: number;
  readonly signal: PodSignal;
}

interface PodCursor {
  next: string | undefined;
  /** Why it did not answer when it was last asked; null when it did. */
  unanswered: string | null;
}

/** Pods that are gone and may come back; of more, those that left first are forgotten. */
const maxLeft = 1_024;

/** The newest signals of one service from all its pods, those gone included: what a pod said last is often why it went. */
export class SignalLog {
  readonly #signals: TimedSignal[] = [];
  /** All of them, newest first, of one time as they came; null when others have come since they were ordered. */
  #ordered: readonly TimedSignal[] | null = null;
  readonly #pods = new Map<string, PodCursor>();
  /** Where to go on with pods that are not listed now: one that comes back must not be read twice. */
  readonly #left = new Map<string, string>();
  #added = 0;
  #missed = 0;

  constructor(
    readonly service: string,
    readonly capacity = 5_000,
  ) {}

  /** Takes over which pods exist: only they can be asked, and only they can fail to answer. */
  updatePods(names: readonly string[]): void {
    for (const [name, { next }] of this.#pods) if (!names.includes(name)) this.#leave(name, next);
    for (const name of names) {
      if (this.#pods.has(name)) continue;
      this.#pods.set(name, { next: this.#left.get(name), unanswered: 'not asked yet' });
      this.#left.delete(name);
    }
  }

  /** Where the next reading of a pod goes on. */
  cursorOf(pod: string): string | undefined {
    return this.#pods.get(pod)?.next;
  }

  record(pod: string, { next, missed, signals }: SignalPage): PodSignal[] {
    this.#pods.set(pod, { next, unanswered: null });
    this.#missed += missed;
    const added = signals.map((signal) => ({ ...signal, service: this.service, pod }));
    for (const signal of added) {
      this.#signals[this.#added % this.capacity] = { time: Date.parse(signal.at), signal };
      this.#added += 1;
    }
    if (added.length > 0) this.#ordered = null;
    return added;
  }

  recordFailure(pod: string, reason: string): void {
    const cursor = this.#pods.get(pod);
    if (cursor !== undefined) cursor.unanswered = reason;
  }

  /** The newest that fit, at most `limit`, newest first; of one time as they came. */
  find({ severity, tenant, since = 0 }: SignalFilter, limit = this.capacity): TimedSignal[] {
    this.#ordered ??= this.#inOrder();
    const found: TimedSignal[] = [];
    for (const timed of this.#ordered) {
      if (timed.time < since || found.length === limit) break;
      const { signal } = timed;
      if (severity === 'error' && signal.severity !== 'error') continue;
      if (tenant !== undefined && signal.tenant !== tenant) continue;
      found.push(timed);
    }
    return found;
  }

  /** Signals that pods overwrote before they could be read, since the monitor started. */
  get missed(): number {
    return this.#missed;
  }

  /** Pods that exist and whose newest signals are not known, with the reason. */
  unanswered(): { service: string; pod: string; reason: string }[] {
    return [...this.#pods].flatMap(([pod, { unanswered }]) =>
      unanswered === null ? [] : [{ service: this.service, pod, reason: unanswered }],
    );
  }

  #leave(pod: string, next: string | undefined): void {
    this.#pods.delete(pod);
    if (next === undefined) return;
    this.#left.set(pod, next);
    const [longest] = this.#left.keys();
    if (this.#left.size > maxLeft && longest !== undefined) this.#left.delete(longest);
  }

  #inOrder(): TimedSignal[] {
    const oldest = this.#added % this.capacity;
    const asTheyCame = [...this.#signals.slice(oldest), ...this.#signals.slice(0, oldest)];
    return asTheyCame.sort(newestFirst);
  }
}

/** The newest signals of several logs that fit, at most `limit`, newest first; of one time in the order of the logs. */
export function newestSignals(
  logs: readonly SignalLog[],
  filter: SignalFilter,
  limit: number,
): PodSignal[] {
  return logs
    .flatMap((log) => log.find(filter, limit))
    .sort(newestFirst)
    .slice(0, limit)
    .map(({ signal }) => signal);
}

const newestFirst = (one: TimedSignal, other: TimedSignal): number => other.time - one.time;
