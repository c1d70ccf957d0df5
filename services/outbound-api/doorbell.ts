/** Lets what waits for work know at once that there is some, within one process. */
export class Doorbell {
  #rung = false;
  #open: (() => void) | null = null;

  /** Ends the wait that is on, or else the next. */
  ring(): void {
    this.#rung = true;
    this.#open?.();
  }

  /** Resolves at a ring, after `ms`, or when `signal` aborts. One waits at a time. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#rung && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const end = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', end);
          resolve();
        };
        const timer = setTimeout(end, ms);
        signal.addEventListener('abort', end);
        this.#open = end;
      });
    }
    this.#open = null;
    this.#rung = false;
  }
}
