import { Agent, request as sendRequest } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { PlannedRequest, TrafficMix } from '../../deploy/local/traffic-mix.js';

export interface CallersOptions {
  readonly url: string;
  readonly mix: TrafficMix;
  readonly count: number;
  /** What each caller waits between an answer and its next request. */
  readonly pauseMs: number;
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

/**
 * Callers that ask again and again, each over one connection of its own that it keeps alive as long as the server lets
 * it. Nothing is ever sent twice: what the service loses is counted.
 */
export function startCallers({ url, mix, count, pauseMs }: CallersOptions): SteadyCallers {
  const failures: string[] = [];
  let ended = 0;
  let stopped = false;

  async function call(): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!stopped) {
      const planned = mix();
      const failure = await failureOf(url, planned, agent);
      ended += 1;
      if (failure !== null) failures.push(`${planned.method} ${planned.path}: ${failure}`);
      await pause(pauseMs);
    }
    agent.destroy();
  }

  const calling = Promise.all(Array.from({ length: count }, call));
  return {
    ended: () => ended,
    failures: () => failures,
    async stop() {
      stopped = true;
      await calling;
    },
  };
}

function failureOf(url: string, planned: PlannedRequest, agent: Agent): Promise<string | null> {
  return new Promise((resolve) => {
    const request = sendRequest(
      new URL(planned.path, url),
      {
        agent,
        method: planned.method,
        headers: planned.headers,
        signal: AbortSignal.timeout(deadlineMs),
      },
      (answer) => {
        const { statusCode = 0, headers } = answer;
        answer.on('error', (error) => {
          resolve(`broke off: ${error.message}`);
        });
        answer.on('end', () => {
          const isOk = statusCode >= 200 && statusCode < 300;
          if (isOk) planned.onAnswer?.(headers);
          resolve(isOk ? null : String(statusCode));
        });
        answer.resume();
      },
    );
    request.on('error', (error) => {
      const connection = request.reusedSocket ? 'kept alive' : 'new';
      resolve(`${error.message} on a connection ${connection}`);
    });
    request.end(planned.body);
  });
}
