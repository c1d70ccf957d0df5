import type { Signal, SignalPage } from '../shared/telemetry/signal-ring.js';

/** A signal and where it came from. */
export interface PodSignal extends Signal {
  readonly service: string;
  readonly pod: string;
}

export interface SignalFilter {
  readonly severity?: Signal['severity'] | undefined;
  readonly tenant?: string | undefined;
  /** Epoch milliseconds; signals at or after it. */
  readonly since?: number | undefined;
}

interface PodCursor {
  next: string | undefined;
  /** Why it did not answer when it was last asked; null when it did. */
  unanswered: string | null;
}

/** The newest signals of one service from all its pods, those gone included: what a pod said last is often why it went. */
export class SignalLog {
  readonly #signals: PodSignal[] = [];
  readonly #pods = new Map<string, PodCursor>();
  #added = 0;
  #missed = 0;

  constructor(
    readonly service: string,
    readonly capacity = 5_000,
  ) {}

  /** Takes over which pods exist: only they can be asked, and only they can fail to answer. */
  updatePods(names: readonly string[]): void {
    for (const name of this.#pods.keys()) if (!names.includes(name)) this.#pods.delete(name);
    for (const name of names) {
      if (!this.#pods.has(name)) {
        this.#pods.set(name, { next: undefined, unanswered: 'not asked yet' });
      }
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
      this.#signals[this.#added % this.capacity] = signal;
      this.#added += 1;
    }
    return added;
  }

  recordFailure(pod: string, reason: string): void {
    const cursor = this.#pods.get(pod);
    if (cursor !== undefined) cursor.unanswered = reason;
  }

  /** In no order. */
  find({ severity, tenant, since = 0 }: SignalFilter): PodSignal[] {
    return this.#signals.filter(
      (signal) =>
        (severity === undefined || signal.severity === severity) &&
        (tenant === undefined || signal.tenant === tenant) &&
        Date.parse(signal.at) >= since,
    );
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
}
