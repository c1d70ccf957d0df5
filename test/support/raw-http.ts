import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body when it is JSON. */
  readonly body: Record<string, unknown>;
}

/** A connection that sends bytes as they are, and reads answers as bytes. */
export class RawConnection {
  #received = Buffer.alloc(0);
  #ended = false;
  #wake = (): void => undefined;

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port) });
    await once(socket, 'connect');
    return new RawConnection(socket);
  }

  send(bytes: string | Buffer): void {
    this.socket.write(bytes);
  }

  /** The next answer, which must say its length unless it has no body, as after HEAD. @throws Error when the connection
   *  ends before it is whole. */
  async answer({ hasBody = true } = {}): Promise<RawAnswer> {
    const end = await this.#until(() => this.#received.indexOf('\r\n\r\n'));
    const [statusLine = '', ...lines] = this.#received.subarray(0, end).toString().split('\r\n');
    const headers = new Headers(lines.map((line) => line.split(/: (.*)/, 2) as [string, string]));
    const length = hasBody ? Number(headers.get('content-length') ?? 0) : 0;
    const total = end + 4 + length;
    await this.#until(() => (this.#received.length >= total ? 0 : -1));
    const text = this.#received.subarray(end + 4, total).toString();
    this.#received = this.#received.subarray(total);
    const isJson = /json/.test(headers.get('content-type') ?? '');
    const body = isJson && hasBody ? (JSON.parse(text) as Record<string, unknown>) : {};
    return { status: Number(statusLine.split(' ')[1]), headers, text, body };
  }

  /** Resolves when the server has closed the connection. */
  async closed(): Promise<void> {
    await this.#until(() => (this.#ended ? 0 : -1));
  }

  async #until(find: () => number): Promise<number> {
    for (;;) {
      const found = find();
      if (found >= 0) return found;
      if (this.#ended) throw new Error(`the connection ended after: ${this.#received.toString()}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

/** One request as bytes, one answer. The connection is left to the server. */
export async function askRaw(url: string, bytes: string | Buffer): Promise<RawAnswer> {
  const connection = await RawConnection.open(url);
  connection.send(bytes);
  try {
    return await connection.answer();
  } finally {
    connection.socket.destroy();
  }
}
