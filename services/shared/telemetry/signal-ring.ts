import { randomBytes } from 'node:crypto';

/** One thing worth a look: a request that failed or was slow (`span`), or a warning of the process itself (`log`). */
export interface Signal {
  /** ISO 8601: when the request was answered, or the line written. */
  readonly at: string;
  readonly severity: 'warning' | 'error';
  readonly kind: 'span' | 'log';
  readonly method: string | null;
  /** The pattern, not the path. */
  readonly route: string | null;
  readonly status: number | null;
  readonly durationMs: number | null;
  readonly tenant: string | null;
  readonly warehouse: string | null;
  readonly requestId: string | null;
  readonly traceId: string | null;
  readonly spanId: string | null;
  readonly message: string | null;
}

export interface SignalPage {
  /** Give it as `since` to get only what came later. */
  readonly next: string;
  /** Signals after `since` that were overwritten before they were read. */
  readonly missed: number;
  /** Oldest first. */
  readonly signals: readonly Signal[];
}

/** Longest text kept of a signal, whoever wrote it: with the capacity, this bounds the memory of all. */
export const maxSignalText = 300;

/** The newest signals of a process, in constant memory: at most `capacity`, however many failures there are. */
export class SignalRing {
  /** Tells this process from the one before it: its count begins anew. */
  readonly #process = randomBytes(4).toString('hex');
  readonly #slots: Signal[] = [];
  #added = 0;

  constructor(readonly capacity = 2_048) {}

  add(signal: Signal): void {
    this.#slots[this.#added % this.capacity] = {
      ...signal,
      tenant: bounded(signal.tenant),
      warehouse: bounded(signal.warehouse),
      requestId: bounded(signal.requestId),
      traceId: bounded(signal.traceId),
      spanId: bounded(signal.spanId),
      message: bounded(signal.message),
    };
    this.#added += 1;
  }

  /** Everything kept after `since`, the `next` of an earlier page. Of another process, or none: everything kept. */
  read(since?: string): SignalPage {
    const [process, position = '0'] = since?.split('.') ?? [];
    const seen = process === this.#process ? Math.min(Number(position) || 0, this.#added) : 0;
    const first = Math.max(seen, this.#added - this.capacity);
    const signals = [];
    for (let index = first; index < this.#added; index += 1) {
      const signal = this.#slots[index % this.capacity];
      if (signal !== undefined) signals.push(signal);
    }
    return { next: `${this.#process}.${this.#added}`, missed: first - seen, signals };
  }
}

/** A copy: V8 keeps the whole of a text in memory, a header of kilobytes, for any piece cut out of it. */
function bounded(text: string | null): string | null {
  return text === null ? null : Buffer.from(text.slice(0, maxSignalText)).toString();
}
