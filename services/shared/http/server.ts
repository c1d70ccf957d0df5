import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate, setTimeout as elapsed } from 'node:timers/promises';
import { getRequestListener } from '@hono/node-server';
import type { Logger } from '../telemetry/logger.js';
import { UnparsedAnswers, maxHeaderBytes } from './answer-unparsed.js';
import type { Readiness } from './health-routes.js';
import type { Patience } from './patience.js';
import { usualPatience } from './patience.js';

export interface ServeOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly readiness: Readiness;
  readonly logger: Logger;
  /** How long to go on serving after turning unready, so that proxies notice and kept-alive callers leave. */
  readonly drainMs: number;
  /** How long requests in flight may take after that before their connections are cut. */
  readonly graceMs?: number;
  readonly patience?: Patience;
}

export interface RunningServer {
  /** The port in use. */
  readonly port: number;
  readonly url: string;
  /** Drains and closes; resolves when the last answer is sent. Calling it again waits for the same end. */
  readonly stop: () => Promise<void>;
}

/** What `serve` needs of an app: Hono's own `fetch`, or that of `observeRequests`. */
export interface App {
  fetch(request: Request, env?: object): Response | Promise<Response>;
}

const maxConnections = 2_000;
const maxHeaders = 100;

/**
 * Serves `app` and marks it ready. Stopping loses no request behind a proxy that follows readiness: turn unready,
 * answer with `Connection: close` while draining so that kept-alive callers leave by themselves, then close what is
 * idle and wait for what is in flight.
 * @throws Error when the address cannot be listened on.
 */
export async function serve(app: App, options: ServeOptions): Promise<RunningServer> {
  const { host, readiness, drainMs, graceMs = 10_000, patience = usualPatience } = options;
  const inFlight = new Set<ServerResponse>();
  let stopping: Promise<void> | undefined;

  const unparsed = new UnparsedAnswers(options.logger);
  const answer = getRequestListener((request, env) => app.fetch(request, env), {
    errorHandler: (error) => unparsed.onListenerError(error),
  });
  const server = createServer({
    ...patience,
    maxHeaderSize: maxHeaderBytes,
    // Answered below: Node's own answer says nothing.
    requireHostHeader: false,
  });
  server.timeout = patience.stallTimeout;
  server.maxConnections = maxConnections;
  // Node drops what is over it without a word: one more than is allowed tells.
  server.maxHeadersCount = maxHeaders + 1;
  server.on('request', (request, response) => {
    inFlight.add(response);
    response.once('close', () => inFlight.delete(response));
    if (stopping !== undefined) askToLeave(response);
    if (request.headers.host === undefined) {
      unparsed.onResponse(response, 400, 'the header host is missing');
    } else if (request.rawHeaders.length > 2 * maxHeaders) {
      unparsed.onResponse(response, 431, `a request may have ${maxHeaders} headers at most`);
    } else {
      void answer(request, response);
    }
  });
  server.on('checkExpectation', (_request, response) => {
    unparsed.onResponse(response, 417, 'no expectation is met but 100-continue');
  });
  server.on('clientError', (error, socket) => {
    const hasBegun = [...inFlight].some((response) => {
      return response.headersSent && response.socket === socket;
    });
    unparsed.onSocket(error, socket, hasBegun);
  });

  await listen(server, host, options.port);
  const { port } = server.address() as AddressInfo;
  readiness.ready();

  async function stop(): Promise<void> {
    readiness.notReady('draining');
    inFlight.forEach(askToLeave);
    await elapsed(drainMs);
    // What has arrived by now is read before its connection counts as idle.
    await setImmediate();
    const closed = once(server, 'close');
    server.close();
    const cut = setTimeout(() => {
      server.closeAllConnections();
    }, graceMs);
    await closed;
    clearTimeout(cut);
  }

  return {
    port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    stop: () => (stopping ??= stop()),
  };
}

function askToLeave(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close');
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new Error(
      `could not listen on ${host}:${port}: ${cause}; choose another address by HOST and PORT`,
      { cause: error },
    );
  }
}
