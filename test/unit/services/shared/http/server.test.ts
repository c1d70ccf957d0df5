import { Agent, request as sendRequest } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { Hono } from 'hono';
import { Readiness, healthRoutes } from '../../../../../services/shared/http/health-routes.js';
import type { App, ServeOptions } from '../../../../../services/shared/http/server.js';
import { serve } from '../../../../../services/shared/http/server.js';
import { MetricsRegistry } from '../../../../../services/shared/telemetry/metrics-registry.js';
import { silent } from '../../../../support/api.js';

interface Answer {
  readonly status: number;
  readonly connection: string | undefined;
}

function get(url: string, agent: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = sendRequest(url, { agent }, (response) => {
      response.resume().on('end', () => {
        resolve({ status: response.statusCode ?? 0, connection: response.headers.connection });
      });
    });
    request.on('error', reject).end();
  });
}

function createApp(readiness: Readiness): {
  app: Hono;
  release: () => void;
  entered: Promise<void>;
} {
  let release = (): void => undefined;
  let enter = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const entered = new Promise<void>((resolve) => (enter = resolve));
  const app = new Hono();
  app.route('/', healthRoutes({ readiness, registry: new MetricsRegistry(), release: 'test' }));
  app.get('/quick', (c) => c.text('done'));
  app.get('/slow', async (c) => {
    enter();
    await released;
    return c.text('done');
  });
  return { app, release, entered };
}

/** On a free port, without waiting for proxies. */
const start = (app: App, readiness: Readiness, changes: Partial<ServeOptions> = {}) =>
  serve(app, { host: '127.0.0.1', port: 0, readiness, logger: silent, drainMs: 0, ...changes });

describe('a server that stops', () => {
  test('is unready at once, asks kept-alive callers to leave and finishes what is in flight', async () => {
    const readiness = new Readiness();
    const { app, release, entered } = createApp(readiness);
    const server = await start(app, readiness, { drainMs: 300 });
    const agent = new Agent({ keepAlive: true });
    expect((await get(`${server.url}/readyz`, agent)).status).toBe(200);
    const slow = get(`${server.url}/slow`, agent);
    await entered;

    let stopped = false;
    const stopping = server.stop().then(() => (stopped = true));

    expect(await get(`${server.url}/readyz`, agent)).toEqual({ status: 503, connection: 'close' });
    expect(await get(`${server.url}/quick`, agent)).toEqual({ status: 200, connection: 'close' });
    expect(stopped).toBe(false);
    release();
    expect(await slow).toEqual({ status: 200, connection: 'close' });
    await stopping;
    await expect(get(`${server.url}/quick`, agent)).rejects.toThrow('ECONNREFUSED');
  });

  test('does not wait for idle connections', async () => {
    const readiness = new Readiness();
    const { app } = createApp(readiness);
    const server = await start(app, readiness);
    await get(`${server.url}/quick`, new Agent({ keepAlive: true }));

    const startedAt = performance.now();
    await server.stop();

    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  test('cuts requests that outlast the grace', async () => {
    const readiness = new Readiness();
    const { app, entered } = createApp(readiness);
    const server = await start(app, readiness, { drainMs: 0, graceMs: 50 });
    const slow = get(`${server.url}/slow`, new Agent());
    await entered;

    await Promise.all([expect(slow).rejects.toThrow('socket hang up'), server.stop()]);
  });
});

test('a port in use is refused with what to do', async () => {
  const readiness = new Readiness();
  const { app } = createApp(readiness);
  const server = await start(app, readiness);
  const { port } = server;

  await expect(start(app, readiness, { port })).rejects.toThrow(
    new RegExp(`could not listen on 127.0.0.1:${port}: .*EADDRINUSE.*; choose another address`),
  );
  await server.stop();
});
