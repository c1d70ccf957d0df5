import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface Forwarder {
  readonly url: string;
  /** New connections go to these from now on; those that are open stay where they are. */
  setEndpoints(endpoints: readonly string[]): void;
  /** Ends all connections. */
  stop(): Promise<void>;
}

const connectWithinMs = 1_000;
const maximumConnections = 10_000;

/** Forwards TCP connections from a loopback port to endpoints in turn. When the endpoint whose turn it is does not accept,
 *  or there is none, the connection is reset: kube-proxy tries no second one either. @throws Error when the port is taken. */
export async function startForwarder(port: number): Promise<Forwarder> {
  let endpoints: readonly string[] = [];
  let turn = 0;
  const open = new Set<Socket>();

  async function forward(client: Socket): Promise<void> {
    track(client);
    const endpoint = endpoints[turn % endpoints.length];
    turn += 1;
    const upstream = endpoint === undefined ? null : await connectTo(endpoint);
    if (upstream === null) {
      client.resetAndDestroy();
      return;
    }
    track(upstream);
    join(client, upstream);
  }

  function track(socket: Socket): void {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    // What an error means is said by the close that follows it.
    socket.on('error', () => undefined);
  }

  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
  server.maxConnections = maximumConnections;
  server.on('connection', (client) => void forward(client));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    setEndpoints: (next) => {
      endpoints = next;
    },
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

/** Joins two connections: an end passes through, an abort of one side aborts the other. */
function join(client: Socket, upstream: Socket): void {
  client.pipe(upstream);
  upstream.pipe(client);
  client.once('close', () => {
    if (!client.readableEnded) upstream.resetAndDestroy();
  });
  upstream.once('close', () => {
    if (!upstream.readableEnded) client.resetAndDestroy();
  });
  if (client.destroyed) upstream.destroy();
}

function connectTo(endpoint: string): Promise<Socket | null> {
  const separator = endpoint.lastIndexOf(':');
  return new Promise((resolve) => {
    const socket = connect({
      host: endpoint.slice(0, separator),
      port: Number(endpoint.slice(separator + 1)),
      allowHalfOpen: true,
      noDelay: true,
      timeout: connectWithinMs,
    });
    const fail = (): void => {
      socket.destroy();
      resolve(null);
    };
    socket.once('error', fail);
    socket.once('timeout', fail);
    socket.once('connect', () => {
      socket.off('error', fail);
      socket.off('timeout', fail);
      socket.setTimeout(0);
      resolve(socket);
    });
  });
}
