import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { SecureConnection } from './secure-connection.js';

/** What the driver knows of where to go; several hosts are tried in turn. */
export interface Destination {
  readonly host: readonly string[];
  readonly port: readonly number[];
  /** Of a Unix socket, instead of host and port. */
  readonly path?: string | false;
}

/**
 * Connections to PostgreSQL that are destroyed when an answer is owed and nothing comes for `patienceMs`. The driver
 * itself would wait for as long as the kernel keeps the socket, a quarter of an hour and more; so its queries reject with
 * CONNECTION_CLOSED, and the next ones get a new connection. TLS is spoken here (`sslMode` as the driver reads it, false
 * without): under the driver's own nobody sees what is owed.
 */
export function connectImpatiently(
  patienceMs: number,
  sslMode: unknown,
): (destination: Destination) => Duplex {
  let attempt = 0;
  /** When those that owe nothing were last heard. */
  const idle = new Map<Duplex, number>();
  return ({ host, port, path }) => {
    const turn = attempt++ % host.length;
    const where = { host: host[turn] ?? 'localhost', port: port[turn] ?? 5432 };
    const raw = connect(typeof path === 'string' ? { path } : where);
    const socket = sslMode ? new SecureConnection(raw, where.host, sslMode) : raw;
    // The driver names them in its errors.
    Object.assign(socket, where);
    watch(socket, patienceMs, idle);
    tellBeforeItCloses(socket);
    return socket;
  };
}

function watch(socket: Duplex, patienceMs: number, idle: Map<Duplex, number>): void {
  let giveUp: NodeJS.Timeout | undefined;
  let tail: Buffer = Buffer.alloc(0);
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
  socket.on('data', (bytes: Buffer) => {
    settle();
    tail = (bytes.length < endLength ? Buffer.concat([tail, bytes]) : bytes).subarray(-endLength);
    if (isEndOfAnswer(tail)) idle.set(socket, performance.now());
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
function tellBeforeItCloses(socket: Duplex): void {
  const emit = socket.emit.bind(socket) as (event: string | symbol, ...rest: unknown[]) => boolean;
  socket.emit = (event: string | symbol, ...rest: unknown[]) => {
    if (event !== 'close') return emit(event, ...rest);
    const lost = new Error('the connection to the database is lost');
    emit('error', Object.assign(lost, { code: 'CONNECTION_CLOSED' }));
    setTimeout(() => emit('close', false), 5);
    return true;
  };
}

const endLength = 6;

/** ReadyForQuery, a message of six bytes, is the last of every answer. It may come in pieces. */
function isEndOfAnswer(tail: Buffer): boolean {
  return tail.length === endLength && tail.readUIntBE(0, 5) === 0x5a_00_00_00_05;
}
