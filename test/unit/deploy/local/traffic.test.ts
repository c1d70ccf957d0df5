import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { startTraffic } from '../../../../deploy/local/traffic.js';
import type { Traffic } from '../../../../deploy/local/traffic.js';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function serveWith(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function until(traffic: Traffic, sent: number): Promise<void> {
  const deadline = performance.now() + 5_000;
  while ((traffic.stats()['inventory']?.sent ?? 0) < sent) {
    if (performance.now() > deadline) throw new Error(`fewer than ${sent} sent in time`);
    await new Promise(setImmediate);
  }
}

describe('traffic', () => {
  test('keeps its rate, mixes reads and writes, and counts every request once', async () => {
    const methods: string[] = [];
    const url = await serveWith((request, response) => {
      methods.push(request.method ?? '');
      request.resume();
      response.writeHead(request.method === 'POST' ? 201 : 200).end('{}');
    });
    const startedAt = performance.now();
    const traffic = startTraffic({ targets: { inventory: url }, ratePerSecond: 200 });
    await until(traffic, 150);
    const elapsedSeconds = (performance.now() - startedAt) / 1_000;

    const { inventory } = await traffic.stop();

    expect(inventory).toMatchObject({ timeouts: 0, connectionErrors: 0, skipped: 0 });
    expect(inventory?.answered).toBe(inventory?.sent);
    expect(methods).toHaveLength(inventory?.sent ?? -1);
    expect(inventory!.sent / elapsedSeconds).toBeLessThan(240);
    expect(inventory!.byStatus['200']).toBeGreaterThan(inventory!.byStatus['201']!);
  });

  test('spreads over several connections, so that a proxy can spread it over pods', async () => {
    const url = await serveWith((request, response) => {
      request.resume();
      response.end('{}');
    });
    let connections = 0;
    servers.at(-1)?.on('connection', () => (connections += 1));
    const traffic = startTraffic({ targets: { inventory: url }, ratePerSecond: 200 });
    await until(traffic, 100);
    await traffic.stop();

    expect(connections).toBeGreaterThanOrEqual(10);
    expect(connections).toBeLessThan(100);
  });

  test('does not slow down for a service that answers nothing, yet stays bounded', async () => {
    const url = await serveWith((request) => {
      request.resume();
    });
    const traffic = startTraffic({ targets: { inventory: url }, ratePerSecond: 50 });
    await until(traffic, 150);

    const { inventory } = await traffic.stop();

    expect(inventory?.answered).toBe(0);
    expect(inventory?.timeouts).toBe(inventory?.sent);
  }, 10_000);

  test('counts connections that fail', async () => {
    const url = await serveWith((request) => request.socket.destroy());
    const traffic = startTraffic({ targets: { inventory: url }, ratePerSecond: 100 });
    await until(traffic, 20);

    const { inventory } = await traffic.stop();

    expect(inventory?.connectionErrors).toBe(inventory?.sent);
  });

  test.each(['http://example.com', 'https://127.0.0.1:1', 'http://10.0.0.1'])(
    'refuses %s',
    (url) => {
      expect(() => startTraffic({ targets: { inventory: url }, ratePerSecond: 1 })).toThrow(
        'is not http on this machine',
      );
    },
  );

  test('refuses a service it knows nothing to ask of', () => {
    expect(() =>
      startTraffic({ targets: { billing: 'http://127.0.0.1:1' }, ratePerSecond: 1 }),
    ).toThrow('could not start traffic to billing: no mix is known');
  });
});
