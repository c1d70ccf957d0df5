import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Readiness } from './health-routes.js';

export interface ServeOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly readiness: Readiness;
  /** How long to keep accepting after turning unready, so that proxies notice first. */
  readonly drainMs?: number;
  /** How long requests in flight may take after that before their connections are cut. */
  readonly graceMs?: number;
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

/**
 * Serves `app` and marks it ready. Stopping loses no request behind a proxy that follows readiness: turn unready,
 * answer with `Connection: close` while draining so that kept-alive callers leave by themselves, then close what is
 * idle and wait for what is in flight.
 * @throws Error when the address cannot be listened on.
 */
export async function serve(app: App, options: ServeOptions): Promise<RunningServer> {
  const { host, readiness, drainMs = 1_000, graceMs = 10_000 } = options;
  const inFlight = new Set<ServerResponse>();
  let stopping: Promise<void> | undefined;

  const server = createServer({
    headersTimeout: 10_000,
    requestTimeout: 15_000,
    keepAliveTimeout: 30_000,
    connectionsCheckingInterval: 5_000,
  });
  server.maxConnections = 2_000;
  server.on('request', (_request, response) => {
    inFlight.add(response);
    response.once('close', () => inFlight.delete(response));
    if (stopping !== undefined) askToLeave(response);
  });
  const answer = getRequestListener((request, env) => app.fetch(request, env));
  server.on('request', (request, response) => void answer(request, response));

  await listen(server, host, options.port);
  const { port } = server.address() as AddressInfo;
  readiness.ready();

  async function stop(): Promise<void> {
    readiness.notReady('draining');
    inFlight.forEach(askToLeave);
    await elapsed(drainMs);
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

function elapsed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
