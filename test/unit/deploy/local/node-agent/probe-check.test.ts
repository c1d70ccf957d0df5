import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createCheck } from '../../../../../deploy/local/node-agent/probe-check.js';

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(
    servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))),
  );
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function checkOf(port: number | null): ReturnType<typeof createCheck> {
  const container = { name: 'shop', ports: [{ name: 'http', containerPort: 8080 }] };
  return createCheck({ container, port, env: { MOOD: 'good' }, cwd: tmpdir() });
}

describe('an HTTP probe', () => {
  test('passes from 200 to 399, sends its headers, and finds the mapped port by number or name', async () => {
    const port = await listen(
      createHttpServer((request, response) => {
        response.statusCode = Number(request.headers['x-answer']);
        response.end();
      }),
    );
    const ask = (answer: string, declared: string | number): Promise<string | null> =>
      checkOf(port)({
        httpGet: { path: '/', port: declared, httpHeaders: [{ name: 'x-answer', value: answer }] },
      });
    expect(await ask('204', 8080)).toBeNull();
    expect(await ask('301', 'http')).toBeNull();
    expect(await ask('503', 8080)).toBe('HTTP probe failed with statuscode: 503');
    expect(await ask('200', 9090)).toBe('port 9090 is not the containerPort of the container');
  });

  test('fails in time when there is no answer', async () => {
    const port = await listen(
      createHttpServer((request) => {
        request.socket.unref();
      }),
    );
    const failure = await checkOf(port)({
      httpGet: { path: '/slow', port: 8080 },
      timeoutSeconds: 0.1,
    });
    expect(failure).toBe('no answer from /slow in time');
    (servers[0] as ReturnType<typeof createHttpServer>).closeAllConnections();
  });
});

describe('a TCP probe', () => {
  test('passes when somebody listens', async () => {
    const port = await listen(createServer((socket) => socket.end()));
    expect(await checkOf(port)({ tcpSocket: { port: 8080 } })).toBeNull();
  });

  test('fails when nobody does', async () => {
    const port = await listen(createServer());
    await new Promise((resolve) => servers.pop()!.close(resolve));
    expect(await checkOf(port)({ tcpSocket: { port: 8080 } })).toContain('ECONNREFUSED');
  });
});

describe('an exec probe', () => {
  const run = (script: string, timeoutSeconds = 5): Promise<string | null> =>
    checkOf(null)({ exec: { command: [process.execPath, '-e', script] }, timeoutSeconds });

  test('passes on exit code 0, with the environment of the container', async () => {
    expect(await run('process.exit(process.env.MOOD === "good" ? 0 : 1)')).toBeNull();
  });

  test('fails with what the command said', async () => {
    expect(await run('console.error("no disk"); process.exit(1)')).toContain('no disk');
  });

  test('fails when the command takes too long', async () => {
    expect(await run('setInterval(() => 0, 1000)', 0.3)).toContain('Command failed');
  });
});

test('a kind of probe that is not known fails by saying so', async () => {
  expect(await checkOf(null)({ grpc: { port: 8080 } })).toContain('unsupported kind of probe');
});
