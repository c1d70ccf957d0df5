import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { openStream, readFromApi } from '../../../../services/cli/incident-api-client.js';

let server: Server | undefined;
afterEach(() => {
  server?.close();
});

async function listen(listener: RequestListener): Promise<string> {
  const started = createServer(listener);
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(started.address() as AddressInfo).port}`;
}

describe('reading from incident-api', () => {
  test('puts events together from the pieces they arrive in', async () => {
    const url = await listen((request, response) => {
      response.setHeader('content-type', 'text/event-stream');
      expect(request.headers['last-event-id']).toBe('4');
      response.write(': still open\n\nevent: timeline\nid: 5\nda');
      response.write('ta: {"sequence":5}\n');
      response.end('\nevent: closed\ndata: {}\n\n');
    });
    const events = [];
    for await (const event of await openStream({ url, token: undefined }, '/x', '4')) {
      events.push(event);
    }
    expect(events).toEqual([
      { id: '5', event: 'timeline', data: '{"sequence":5}' },
      { id: null, event: 'closed', data: '{}' },
    ]);
  });

  test('sends the token and repeats what the API says went wrong', async () => {
    const url = await listen((request, response) => {
      response.statusCode = request.headers.authorization === 'Bearer secret' ? 404 : 401;
      response.end(JSON.stringify({ detail: 'no incident x' }));
    });
    await expect(readFromApi({ url, token: 'secret' }, '/incidents/x')).rejects.toMatchObject({
      message: 'no incident x',
      exitCode: 1,
    });
  });

  test('exits 5 when the answer is cut or is no JSON', async () => {
    const url = await listen((request, response) => {
      if (request.url === '/cut') response.writeHead(200, { 'content-length': '10' }).write('{');
      else response.end('<html>');
      if (request.url === '/cut') response.socket?.destroySoon();
    });
    for (const path of ['/cut', '/page']) {
      await expect(readFromApi({ url, token: undefined }, path)).rejects.toMatchObject({
        exitCode: 5,
        message: expect.stringContaining(`could not read what incident-api ${url} answered: `),
      });
    }
  });

  test('exits 5 and says what to set when nobody listens', async () => {
    await expect(
      readFromApi({ url: 'http://127.0.0.1:1', token: undefined }, '/incidents'),
    ).rejects.toMatchObject({
      exitCode: 5,
      message: expect.stringContaining('Set INCIDENT_API_URL'),
    });
  });
});
