import type { IncomingMessage } from 'node:http';

/**
 * How long a caller must have waited for its leaving to be the service's failure. Longer than any answer is promised to
 * take, and shorter than callers are made to wait: their time-outs begin at a second or two. Who leaves sooner could
 * otherwise spend the error budget by whole requests that it never meant to wait for.
 */
const patienceMs = 1_000;

/** How often is looked whether requests have been sent in full: a listener on each would cost more than all the rest. */
const lookEveryMs = 100;

/** What of a request tells whether it has been sent. */
export type Arriving = Pick<
  IncomingMessage,
  'complete' | 'readableLength' | 'readableHighWaterMark'
>;

/** A request whose caller may be waiting. */
export interface Awaited {
  readonly incoming: Arriving | undefined;
  /** From when on the time to answer counts, on the clock of `performance`: what its caller takes to send is its own. */
  startedAt: number;
  /** When it had not been sent in full yet: its caller's wait began later. */
  unsentAt: number;
}

/** Tells callers that gave up waiting from those that only withdrew what they had sent, or never sent all of it. */
export class CallerPatience {
  #lookedAt = performance.now();
  #lookedBefore = this.#lookedAt;

  /** `awaited`: the requests of each open connection. */
  constructor(private readonly connections: Iterable<Iterable<Awaited>>) {
    setInterval(() => {
      this.#look();
    }, lookEveryMs).unref();
  }

  /**
   * `unsentAt` of a request that is read now. Not the last look, but the one before: a process that was held up looks
   * first and then reads what has waited for it all the while.
   */
  get unsentAt(): number {
    return this.#lookedBefore;
  }

  /** Whether the caller had sent all of it, and then waited for at least `patienceMs` (and surely after a look more). */
  isSpentOn({ incoming, unsentAt }: Awaited): boolean {
    const waitedMs = performance.now() - unsentAt - 2 * lookEveryMs;
    return waitedMs >= patienceMs && isSent(incoming);
  }

  #look(): void {
    this.#lookedBefore = this.#lookedAt;
    this.#lookedAt = performance.now();
    for (const requests of this.connections) {
      for (const awaited of requests) {
        if (isSent(awaited.incoming)) continue;
        awaited.startedAt = this.#lookedAt;
        awaited.unsentAt = this.#lookedBefore;
      }
    }
  }
}

/** Whether the caller has sent all of a request, or as much of it as is taken before somebody reads the body. */
export function isSent(incoming: Arriving | undefined): boolean {
  if (incoming === undefined) return true;
  return incoming.complete || incoming.readableLength >= incoming.readableHighWaterMark;
}
