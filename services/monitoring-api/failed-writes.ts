import { FailedWindow } from './failed-window.js';
import type { PodSignal } from './signal-log.js';

/**
 * Windows that are kept until they can be written; the oldest give way. Two services of 256 pods, all failing, need
 * 1,536: of each pod the window that runs, the one before it, and the one that is being written.
 */
const maxWindows = 2_048;

/** Gathers the failed writes of all pods by pod and window of time, so that an outage of an hour does not become millions. */
export class FailedWrites {
  readonly #windows = new Map<string, FailedWindow>();

  /** `windowMs`: length of a window. */
  constructor(readonly windowMs: number) {}

  add(signals: readonly PodSignal[]): void {
    for (const signal of signals) {
      if (!isFailedWrite(signal)) continue;
      const time = Date.parse(signal.at);
      this.#windowOf(signal, time).add(signal, time);
    }
  }

  /**
   * The windows that ended more than a window ago, when every pod has been read since. They stay until `written` is
   * told of them.
   */
  due(now: number): FailedWindow[] {
    return [...this.#windows.values()].filter(({ to }) => now - to >= this.windowMs);
  }

  written(windows: readonly FailedWindow[]): void {
    for (const window of windows) this.#windows.delete(keyOf(window));
  }

  #windowOf({ service, pod }: PodSignal, time: number): FailedWindow {
    const from = Math.floor(time / this.windowMs) * this.windowMs;
    const key = keyOf({ service, pod, from });
    const known = this.#windows.get(key);
    if (known !== undefined) return known;
    if (this.#windows.size >= maxWindows) this.#forgetOldest();
    const window = new FailedWindow(service, pod, from, from + this.windowMs);
    this.#windows.set(key, window);
    return window;
  }

  #forgetOldest(): void {
    let oldest: FailedWindow | undefined;
    for (const window of this.#windows.values()) {
      if (oldest === undefined || window.to < oldest.to) oldest = window;
    }
    if (oldest !== undefined) this.written([oldest]);
  }
}

function isFailedWrite({ kind, severity, method }: PodSignal): boolean {
  return kind === 'span' && severity === 'error' && method !== 'GET' && method !== 'HEAD';
}

const keyOf = ({ service, pod, from }: Pick<FailedWindow, 'service' | 'pod' | 'from'>): string =>
  `${service}/${pod}/${from}`;
