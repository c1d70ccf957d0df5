import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent, request as sendRequest } from 'node:http';
import type { PlannedRequest, TrafficMix } from './traffic-mix.js';
import { createInventoryMix, createOutboundMix } from './traffic-mix.js';

export interface TrafficOptions {
  /** Base URL by service, loopback only: `{ inventory: 'http://127.0.0.1:4101' }`. */
  readonly targets: Readonly<Record<string, string>>;
  /** Requests a second, to each service. */
  readonly ratePerSecond: number;
  /** What to ask of each service; the two services of the local stack have theirs. */
  readonly mix?: Readonly<Record<string, TrafficMix>>;
}

/** Counts since the start. Every request sent ends in exactly one of answered, timeouts or connectionErrors. */
interface ServiceTraffic {
  readonly sent: number;
  readonly answered: number;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly timeouts: number;
  readonly connectionErrors: number;
  /** Sent a second time because the server had closed the kept-alive connection in the same moment. */
  readonly resent: number;
  /** Due but not sent, because too many were in flight. */
  readonly skipped: number;
}

type TrafficStats = Readonly<Record<string, ServiceTraffic>>;

export interface Traffic {
  stats(): TrafficStats;
  /** Sends no more, waits for what is in flight (two seconds at most) and gives the final counts. */
  stop(): Promise<TrafficStats>;
}

const requestTimeoutMs = 2_000;
const tickMs = 20;
/** One request in so many closes its connection, so that the proxy gets to choose a pod again. */
const requestsPerConnection = 10;

/**
 * Sends requests at a steady rate whatever becomes of them, as independent callers do: a slow service does not slow
 * its callers down.
 * @throws Error when a target is not on this machine or nothing is known to ask of it.
 */
export function startTraffic({ targets, ratePerSecond, mix }: TrafficOptions): Traffic {
  const mixes: Readonly<Record<string, TrafficMix>> = {
    inventory: createInventoryMix(),
    outbound: createOutboundMix(),
    ...mix,
  };
  const senders = Object.entries(targets).map(([service, url]) => {
    const next = mixes[service];
    if (next === undefined) {
      throw new Error(`could not start traffic to ${service}: no mix is known; give one`);
    }
    return { service, sender: new Sender(loopback(service, url), next, ratePerSecond) };
  });
  const startedAt = performance.now();
  const ticking = setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) * ratePerSecond) / 1_000);
    for (const { sender } of senders) sender.sendUpTo(due);
  }, tickMs);

  const stats = (): TrafficStats =>
    Object.fromEntries(senders.map(({ service, sender }) => [service, sender.stats()]));
  return {
    stats,
    async stop() {
      clearInterval(ticking);
      await Promise.all(senders.map(({ sender }) => sender.finish()));
      return stats();
    },
  };
}

function loopback(service: string, target: string): URL {
  const url = new URL(target);
  const isLoopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (isLoopback && url.protocol === 'http:') return url;
  throw new Error(
    `could not start traffic to ${service}: ${target} is not http on this machine; generated traffic never leaves it`,
  );
}

/** The traffic to one service. */
class Sender {
  readonly #agent: Agent;
  readonly #maxInFlight: number;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #byStatus: Record<string, number> = {};
  #scheduled = 0;
  #sent = 0;
  #answered = 0;
  #timeouts = 0;
  #connectionErrors = 0;
  #resent = 0;
  #skipped = 0;

  constructor(
    private readonly target: URL,
    private readonly next: TrafficMix,
    ratePerSecond: number,
  ) {
    // Twice what a service that answers nothing at all can accumulate.
    this.#maxInFlight = Math.ceil((2 * ratePerSecond * requestTimeoutMs) / 1_000);
    this.#agent = new Agent({ keepAlive: true, maxSockets: this.#maxInFlight, maxFreeSockets: 4 });
  }

  /** Sends what is due by now: `due` counts from the start. */
  sendUpTo(due: number): void {
    for (; this.#scheduled < due; this.#scheduled += 1) {
      if (this.#inFlight.size >= this.#maxInFlight) {
        this.#skipped += 1;
        continue;
      }
      this.#sent += 1;
      const closing = this.#sent % requestsPerConnection === 0;
      const sending = this.#send(this.next(), closing, performance.now() + requestTimeoutMs);
      this.#inFlight.add(sending);
      void sending.finally(() => this.#inFlight.delete(sending));
    }
  }

  async finish(): Promise<void> {
    await Promise.all(this.#inFlight);
    this.#agent.destroy();
  }

  stats(): ServiceTraffic {
    return {
      sent: this.#sent,
      answered: this.#answered,
      byStatus: { ...this.#byStatus },
      timeouts: this.#timeouts,
      connectionErrors: this.#connectionErrors,
      resent: this.#resent,
      skipped: this.#skipped,
    };
  }

  /** Resolves when the request has ended and is counted, whichever way it went. */
  async #send(planned: PlannedRequest, closing: boolean, deadline: number): Promise<void> {
    const headers = closing ? { ...planned.headers, connection: 'close' } : planned.headers;
    const request = sendRequest(new URL(planned.path, this.target), {
      agent: this.#agent,
      method: planned.method,
      headers,
    });
    const timer = setTimeout(() => {
      request.destroy(new Error('timed out'));
    }, deadline - performance.now());
    try {
      const { statusCode = 0, headers: answerHeaders } = await exchange(request, planned.body);
      this.#answered += 1;
      this.#byStatus[statusCode] = (this.#byStatus[statusCode] ?? 0) + 1;
      if (statusCode < 300) planned.onAnswer?.(answerHeaders);
    } catch (error) {
      // Timers may fire a millisecond early.
      if (performance.now() >= deadline - 2) {
        this.#timeouts += 1;
      } else if (request.reusedSocket && isReset(error)) {
        // Every request here may be repeated: reads by nature, writes by their idempotency key (RFC 9110, 9.2.2).
        this.#resent += 1;
        await this.#send(planned, true, deadline);
      } else {
        this.#connectionErrors += 1;
      }
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Sends the body and reads the whole answer, throwing its content away. */
function exchange(request: ClientRequest, body: string | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (answer) => {
      answer.on('error', reject);
      answer.on('end', () => {
        resolve(answer);
      });
      answer.on('close', () => {
        if (!answer.complete) reject(new Error('the answer broke off'));
      });
      answer.resume();
    });
    request.end(body);
  });
}

function isReset(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ECONNRESET';
}
