import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP way to a server that can lose an answer: the request arrives, then the connection breaks. */
export interface CuttingProxy {
  readonly port: number;
  /** Connections made so far. */
  readonly connections: number;
  /** From now on no answer comes through: connections break at its first byte. */
  loseAnswers(): void;
  /** From now on answers wait for `restore`, and no connection breaks: as while packets get lost. */
  holdAnswers(): void;
  /** The connections of now stay open, and nothing passes through them any more; later ones work. */
  silence(): void;
  restore(): void;
  stop(): Promise<void>;
}

export async function startCuttingProxy(targetPort: number): Promise<CuttingProxy> {
  let isLosing = false;
  let held: (() => void)[] | null = null;
  let connections = 0;
  const clients = new Set<Socket>();
  const silenced = new WeakSet<Socket>();
  const server = createServer((client) => {
    connections += 1;
    clients.add(client);
    const upstream = connect(targetPort, '127.0.0.1');
    const close = (): void => {
      if (silenced.has(client) && !client.destroyed) return;
      clients.delete(client);
      client.destroy();
      upstream.destroy();
    };
    client.on('error', close).on('close', close);
    upstream.on('error', close).on('close', close);
    client.on('data', (bytes) => {
      if (!silenced.has(client)) upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (silenced.has(client)) return;
      if (held !== null) held.push(() => client.write(bytes));
      else if (isLosing) close();
      else client.write(bytes);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    loseAnswers: () => {
      isLosing = true;
    },
    holdAnswers: () => {
      held = [];
    },
    silence: () => {
      for (const client of clients) silenced.add(client);
    },
    restore: () => {
      isLosing = false;
      held?.forEach((pass) => {
        pass();
      });
      held = null;
    },
    stop: async () => {
      server.close();
      for (const client of clients) client.destroy();
      await once(server, 'close');
    },
  };
}
