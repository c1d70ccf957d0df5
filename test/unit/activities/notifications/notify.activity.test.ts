import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createNotificationActivities } from '../../../../activities/notifications/notify.activity.js';

let server: Server;
let base: string;
let received: { path: string; key: unknown; body: unknown }[];
const lines: string[] = [];
const log = {
  info: (_fields: object, message: string) => {
    lines.push(message);
  },
};

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as unknown;
      received.push({ path: request.url ?? '', key: request.headers['idempotency-key'], body });
      response.statusCode = request.url === '/broken' ? 500 : 204;
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
});
beforeEach(() => {
  received = [];
});

const input = {
  key: 'run/ask-1',
  incident: 'inventory-7',
  service: 'inventory',
  audience: 'on-call',
  title: 'inventory-7 asks',
  text: 'May rollback be done?',
};
const channel = (name: string, path: string, audiences = ['on-call']) => ({
  name,
  url: `${base}${path}`,
  audiences,
});

describe('telling people', () => {
  test('posts JSON to the channels of the audience, with the key, and logs one line', async () => {
    const channels = [channel('chat', '/chat'), channel('managers', '/managers', ['product'])];
    await createNotificationActivities({ channels, log }).notify(input);
    expect(received).toEqual([{ path: '/chat', key: 'run/ask-1', body: input }]);
    expect(lines.at(-1)).toBe('tell on-call: inventory-7 asks');
  });

  test('only logs when no channel is configured', async () => {
    await createNotificationActivities({ channels: [], log }).notify(input);
    expect(received).toEqual([]);
    expect(lines.at(-1)).toBe('tell on-call: inventory-7 asks');
  });

  test('tells the others too when one channel fails, then fails without naming its address', async () => {
    const channels = [
      channel('broken', '/broken'),
      channel('chat', '/chat'),
      { name: 'gone', url: 'http://127.0.0.1:1/token', audiences: ['on-call'] },
    ];
    await expect(
      createNotificationActivities({ channels, log }).notify(input),
    ).rejects.toMatchObject({
      type: 'NotificationFailed',
      nonRetryable: false,
      message: 'could not notify on-call over channel broken: answered 500; gone: no connection',
    });
    expect(received.map(({ path }) => path).sort()).toEqual(['/broken', '/chat']);
  });
});
