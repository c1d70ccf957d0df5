import { timingSafeEqual } from 'node:crypto';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import type { AddressInfo } from 'node:net';
import type { ProcessStatus } from './managed-process.js';

/** What the supervisor lets others do to its processes. */
interface Controls {
  status(): readonly ProcessStatus[];
  /** Resolve when done: started means ready, stopped means gone. @throws Error for an unknown process. */
  start(process: string): Promise<void>;
  stop(process: string): Promise<void>;
  kill(process: string, signal: NodeJS.Signals): void;
}

/** Serves the controls on loopback to whoever has the token. @returns its URL and how to close it. */
export async function serveControls(
  controls: Controls,
  token: string,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const app = new Hono();
  app.use(async (c, next) => {
    if (!sameSecret(c.req.header('authorization') ?? '', `Bearer ${token}`)) {
      return c.json({ message: 'could not authorise: wrong control token' }, 401);
    }
    return next();
  });
  app.onError((error, c) => c.json({ message: error.message }, 409));
  app.get('/status', (c) => c.json(controls.status()));
  app.post('/processes/:process/start', async (c) => {
    await controls.start(c.req.param('process'));
    return c.json({});
  });
  app.post('/processes/:process/stop', async (c) => {
    await controls.stop(c.req.param('process'));
    return c.json({});
  });
  app.post('/processes/:process/kill/:signal', (c) => {
    controls.kill(c.req.param('process'), c.req.param('signal') as NodeJS.Signals);
    return c.json({});
  });
  return new Promise((resolve, reject) => {
    const server = serve(
      { fetch: app.fetch, hostname: '127.0.0.1', port: 0 },
      (info: AddressInfo) => {
        resolve({
          url: `http://127.0.0.1:${info.port}`,
          close: async () => {
            // Answers are short: nobody is cut off in the middle of one.
            server.close();
            if ('closeAllConnections' in server) server.closeAllConnections();
            return Promise.resolve();
          },
        });
      },
    );
    server.once('error', reject);
  });
}

/** The same controls from another process. */
export interface RemoteControls {
  status(): Promise<readonly ProcessStatus[]>;
  start(process: string): Promise<void>;
  stop(process: string): Promise<void>;
  kill(process: string, signal: NodeJS.Signals): Promise<void>;
}

export function remoteControls(url: string, token: string): RemoteControls {
  async function call(method: 'GET' | 'POST', path: string): Promise<unknown> {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(90_000), // starting a part may take a minute
    });
    const body = await response.json();
    if (!response.ok) throw new Error((body as { message: string }).message);
    return body;
  }
  const post = async (path: string): Promise<void> => {
    await call('POST', path);
  };
  return {
    status: async () => (await call('GET', '/status')) as ProcessStatus[],
    start: (process) => post(`/processes/${process}/start`),
    stop: (process) => post(`/processes/${process}/stop`),
    kill: (process, signal) => post(`/processes/${process}/kill/${signal}`),
  };
}

function sameSecret(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
