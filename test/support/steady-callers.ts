import { Agent, request as sendRequest } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { PlannedRequest, TrafficMix } from '../../deploy/local/traffic-mix.js';

/** Sends one request once; null when it got a 2xx, else what it got instead. */
type Client = (url: URL, planned: PlannedRequest) => Promise<string | null>;

export interface CallersOptions {
  readonly url: string;
  readonly mix: TrafficMix;
  readonly count: number;
  /** What each caller waits between an answer and its next request. */
  readonly pauseMs: number;
  /** Makes the client of each caller. */
  readonly connect: () => Client;
}

export interface SteadyCallers {
  /** Requests that have ended, well or not. */
  ended(): number;
  /** One line for each request that did not get a 2xx. */
  failures(): readonly string[];
  /** Resolves when the last answers are there. */
  stop(): Promise<void>;
}

const deadlineMs = 5_000;

/** Callers that ask again and again. Nothing is ever sent twice: what the service loses is counted. */
export function startCallers(options: CallersOptions): SteadyCallers {
  const { url, mix, count, pauseMs, connect } = options;
  const failures: string[] = [];
  let ended = 0;
  let isStopped = false;

  async function call(): Promise<void> {
    const client = connect();
    while (!isStopped) {
      const planned = mix();
      const failure = await client(new URL(planned.path, url), planned);
      ended += 1;
      if (failure !== null) failures.push(`${planned.method} ${planned.path}: ${failure}`);
      await pause(pauseMs);
    }
  }

  const calling = Promise.all(Array.from({ length: count }, call));
  return {
    ended: () => ended,
    failures: () => failures,
    async stop() {
      isStopped = true;
      await calling;
    },
  };
}

/** One connection, kept alive as long as the server lets it. */
export function oneConnection(): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return (url, { method, headers, body, onAnswer }) =>
    new Promise((resolve) => {
      const signal = AbortSignal.timeout(deadlineMs);
      const request = sendRequest(url, { agent, method, headers, signal }, (answer) => {
        answer.on('error', (error) => {
          resolve(`broke off: ${error.message}`);
        });
        answer.on('end', () => {
          const { statusCode = 0 } = answer;
          const isOk = statusCode >= 200 && statusCode < 300;
          if (isOk) onAnswer?.(answer.headers);
          resolve(isOk ? null : String(statusCode));
        });
        answer.resume();
      });
      request.on('error', (error) => {
        resolve(`${error.message} on a ${request.reusedSocket ? 'kept-alive' : 'new'} connection`);
      });
      request.end(body);
    });
}

/** Whatever connections `fetch` keeps for all its callers. */
export function pooledConnections(): Client {
  return async (url, { method, headers, body = null, onAnswer }) => {
    try {
      const signal = AbortSignal.timeout(deadlineMs);
      const answer = await fetch(url, { method, headers, body, signal });
      await answer.arrayBuffer();
      if (!answer.ok) return String(answer.status);
      onAnswer?.(Object.fromEntries(answer.headers));
      return null;
    } catch (error) {
      const { message, cause } = error as Error;
      return `${message}: ${String(cause)}`;
    }
  };
}
