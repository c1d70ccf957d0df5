import type { Socket } from 'node:net';
import { connect } from 'node:net';

/** What the driver knows of where to go; several hosts are tried in turn. */
export interface Destination {
  readonly host: readonly string[];
  readonly port: readonly number[];
  /** Of a Unix socket, instead of host and port. */
  readonly path?: string | false;
  /** Truthy when the driver will speak TLS over the socket. */
  readonly ssl?: unknown;
}

/**
 * Connections to PostgreSQL that are destroyed when an answer is owed and nothing comes for `patienceMs`. The driver
 * itself would wait for as long as the kernel keeps the socket, a quarter of an hour and more; so its queries reject with
 * CONNECTION_CLOSED, and the next ones get a new connection. Under TLS nobody sees from here what is owed: no patience
 * is kept there.
 */
export function connectImpatiently(patienceMs: number): (destination: Destination) => Socket {
  let attempt = 0;
  /** When those that owe nothing were last heard. */
  const idle = new Map<Socket, number>();
  return ({ host, port, path, ssl }) => {
    const turn = attempt++ % host.length;
    const where = { host: host[turn] ?? 'localhost', port: port[turn] ?? 5432 };
    const socket = connect(typeof path === 'string' ? { path } : where);
    // The driver names them in its errors, and checks certificates by the host.
    Object.assign(socket, where);
    if (!ssl) {
      watch(socket, patienceMs, idle);
      tellBeforeItCloses(socket);
    }
    return socket;
  };
}

function watch(socket: Socket, patienceMs: number, idle: Map<Socket, number>): void {
  let giveUp: NodeJS.Timeout | undefined;
  const wait = (): void => {
    if (giveUp !== undefined) return;
    idle.delete(socket);
    const since = performance.now();
    giveUp = setTimeout(() => {
      socket.destroy();
      // What keeps one silent keeps others so: each would cost somebody the whole wait.
      for (const [other, heardAt] of idle) if (heardAt < since) other.destroy();
    }, patienceMs);
  };
  const settle = (): void => {
    clearTimeout(giveUp);
    giveUp = undefined;
  };
  // Further requests on a silent connection must not prolong the wait, so only the first is timed.
  const write = socket.write.bind(socket) as (...content: unknown[]) => boolean;
  socket.write = (...content: unknown[]) => {
    wait();
    return write(...content);
  };
  socket.on('data', (bytes) => {
    settle();
    if (isEndOfAnswer(bytes)) idle.set(socket, performance.now());
    else wait();
  });
  socket.on('close', () => {
    settle();
    idle.delete(socket);
  });
}

/**
 * The driver forgets a socket when it closes, and ends the process by a TypeError where a transaction then rolls back. So
 * its queries are failed first, and the socket is taken away only when what they send in answer is over.
 */
function tellBeforeItCloses(socket: Socket): void {
  const emit = socket.emit.bind(socket) as (event: string | symbol, ...rest: unknown[]) => boolean;
  socket.emit = (event: string | symbol, ...rest: unknown[]) => {
    if (event !== 'close') return emit(event, ...rest);
    const lost = new Error('the connection to the database is lost');
    emit('error', Object.assign(lost, { code: 'CONNECTION_CLOSED' }));
    setTimeout(() => emit('close', false), 5);
    return true;
  };
}

/** ReadyForQuery, a message of six bytes, is the last of every answer. */
function isEndOfAnswer(bytes: Buffer): boolean {
  return bytes.length >= 6 && bytes.readUIntBE(bytes.length - 6, 5) === 0x5a_00_00_00_05;
}
