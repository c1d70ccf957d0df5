import { setTimeout as sleep } from 'node:timers/promises';
import type { MiddlewareHandler } from 'hono';
import { unavailableResponse } from '../http/problem.js';
import type { Logger } from '../telemetry/logger.js';

export interface DatabaseGuardOptions {
  /** Asks the database over a connection of its own; rejects when it does not answer in time. */
  readonly ping: () => Promise<void>;
  readonly logger: Logger;
  /** How often to ask again while it does not answer. */
  readonly retryMs?: number;
  /** A request that takes longer than any statement may is reason to ask. */
  readonly suspectAfterMs?: number;
}

/**
 * Keeps an outage of the database from being one of the process: while the database does not answer, requests are
 * refused at once instead of queueing for it, and once it answers they go on, all by itself. Costs nothing that asks the
 * database while all is well.
 */
export class DatabaseGuard {
  readonly #waiting = new Set<Waiting>();
  #downSince: number | null = null;
  #isAsking = false;

  constructor(private readonly options: DatabaseGuardOptions) {
    const { suspectAfterMs = 6_000 } = options;
    setInterval(() => {
      const longest = this.#waiting.values().next().value;
      const waitedMs = longest === undefined ? 0 : performance.now() - longest.since;
      if (waitedMs > suspectAfterMs) this.suspect(new Error(`a request takes ${waitedMs} ms`));
    }, suspectAfterMs / 4).unref();
  }

  /** Finds out whether the database answers at all, since a query failed for `cause`. */
  readonly suspect = (cause: unknown): void => {
    if (this.#isAsking) return;
    this.#isAsking = true;
    void this.#untilItAnswers(cause).finally(() => {
      this.#isAsking = false;
    });
  };

  /** For the routes that need the database. */
  refuseDuringOutage(): MiddlewareHandler {
    return async (c, next) => {
      if (this.#downSince !== null) return unavailableResponse(c);
      let waiting: Waiting | undefined;
      const givenUp = new Promise<Response>((resolve) => {
        waiting = {
          since: performance.now(),
          giveUp: () => {
            resolve(unavailableResponse(c));
          },
        };
        this.#waiting.add(waiting);
      });
      try {
        return await Promise.race([next(), givenUp]);
      } finally {
        if (waiting !== undefined) this.#waiting.delete(waiting);
      }
    };
  }

  async #untilItAnswers(cause: unknown): Promise<void> {
    const { ping, logger, retryMs = 500 } = this.options;
    for (;;) {
      const fault = await ping().then(
        () => null,
        (error: unknown) => ({ error }),
      );
      if (fault === null) break;
      if (this.#downSince === null) {
        this.#downSince = performance.now();
        logger.error(
          { err: fault.error, cause: String(cause) },
          'the database does not answer: requests get 503 until it does',
        );
      }
      for (const { giveUp } of this.#waiting) giveUp();
      await sleep(retryMs, undefined, { ref: false });
    }
    if (this.#downSince === null) {
      logger.warn({ err: cause }, 'a query failed or is late, but the database answers');
      return;
    }
    const downMs = Math.round(performance.now() - this.#downSince);
    this.#downSince = null;
    logger.warn({ downMs }, 'the database answers again');
  }
}

interface Waiting {
  readonly since: number;
  readonly giveUp: () => void;
}
