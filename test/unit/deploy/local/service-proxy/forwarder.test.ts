import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  startForwarder,
  type Forwarder,
} from '../../../../../deploy/local/service-proxy/forwarder.js';
import { freePorts } from '../../../../../deploy/local/ports.js';

let forwarder: Forwarder;
const servers: Server[] = [];
const clients: Socket[] = [];

beforeEach(async () => {
  forwarder = await startForwarder(0);
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await forwarder.stop();
  await Promise.all(
    servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))),
  );
});

/** Answers with its name and what it was sent, once the sender has finished. */
async function echo(name: string): Promise<string> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let sent = '';
    socket.on('data', (chunk) => (sent += chunk.toString()));
    socket.on('end', () => socket.end(`${name}:${sent}`));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function open(): Socket {
  const client = connect({
    port: Number(new URL(forwarder.url).port),
    host: '127.0.0.1',
    allowHalfOpen: true,
  });
  clients.push(client);
  return client;
}

async function ask(what: string): Promise<string> {
  const client = open();
  client.end(what);
  return text(client);
}

describe('the forwarder of a service', () => {
  test('sends new connections to the endpoints in turn', async () => {
    forwarder.setEndpoints([await echo('a'), await echo('b')]);
    const names = [await ask(''), await ask(''), await ask(''), await ask('')];
    expect(names.filter((name) => name === 'a:')).toHaveLength(2);
    expect(names[0]).toBe(names[2]);
  });

  test('carries a large exchange unchanged, ends included', async () => {
    forwarder.setEndpoints([await echo('a')]);
    const large = 'x'.repeat(3_000_000);
    // Compared here: a failure must not print it.
    expect((await ask(large)) === `a:${large}`).toBe(true);
  });

  test('resets what goes to an endpoint that does not accept', async () => {
    const [nobody = 0] = await freePorts(1);
    forwarder.setEndpoints([`127.0.0.1:${nobody}`, await echo('b')]);
    await expect(ask('1')).rejects.toThrow('ECONNRESET');
    expect(await ask('2')).toBe('b:2');
  });

  test('refuses at once when there is no endpoint', async () => {
    await expect(ask('hello')).rejects.toThrow('ECONNRESET');
  });

  test('leaves open connections where they are when their endpoint goes', async () => {
    forwarder.setEndpoints([await echo('a')]);
    const client = open();
    client.write('before ');
    await new Promise((resolve) => servers[0]!.once('connection', resolve));
    forwarder.setEndpoints([await echo('b')]);
    client.end('after');
    expect(await text(client)).toBe('a:before after');
    expect(await ask('new')).toBe('b:new');
  });

  test('tells the caller when the endpoint breaks off', async () => {
    const server = createServer((socket) => {
      socket.resetAndDestroy();
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    forwarder.setEndpoints([`127.0.0.1:${(server.address() as AddressInfo).port}`]);
    await expect(ask('hello')).rejects.toThrow('ECONNRESET');
  });
});
