import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as startTls } from 'node:tls';

/** PostgreSQL's own way to ask for TLS on a connection, and what a server answers that has it, or has it not. */
const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);
const willing = 'S';
const unwilling = 'N';

/** Modes that want secrecy and believe whoever answers, as in PostgreSQL's own tools. All others check certificates. */
const unchecked: readonly unknown[] = ['require', 'allow', 'prefer'];

/**
 * A connection to PostgreSQL under TLS that can be written to at once. The driver could do the same, but keeps to
 * itself what passes through: whoever has this one sees what is asked and answered. It fails as a socket does, and with
 * an Error when the server has no TLS or its certificate does not hold.
 */
export class SecureConnection extends Duplex {
  #stream: Socket | null = null;
  #onSecured: (stream: Socket) => void = () => undefined;

  /** `mode`: `sslmode` as the driver read it; `prefer` goes on without TLS where the server has none. */
  constructor(
    private readonly raw: Socket,
    private readonly serverName: string,
    private readonly mode: unknown,
  ) {
    super({ allowHalfOpen: false });
    this.#endWith(raw);
    raw.once('data', (answer: Buffer) => {
      this.#onAnswer(answer.toString('latin1'));
    });
    raw.write(sslRequest);
  }

  /** The driver asks before it says goodbye; what it says waits for the handshake. */
  get readyState(): 'open' | 'closed' {
    return this.destroyed ? 'closed' : 'open';
  }

  setKeepAlive(isOn: boolean, delayMs: number): this {
    this.raw.setKeepAlive(isOn, delayMs);
    return this;
  }

  override _read(): void {
    this.#stream?.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#whenSecured((stream) => stream.write(chunk, done));
  }

  override _final(done: () => void): void {
    this.#whenSecured((stream) => stream.end(done));
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#stream?.destroy();
    this.raw.destroy();
    done(error);
  }

  #onAnswer(answer: string): void {
    // Anything more was not said under TLS and may come from anybody.
    if (answer === willing) this.#secure();
    else if (answer === unwilling && this.mode === 'prefer') this.#use(this.raw);
    else this.destroy(new Error('the database server does not offer TLS'));
  }

  #secure(): void {
    const secured = startTls({
      socket: this.raw,
      host: this.serverName,
      servername: isIP(this.serverName) === 0 ? this.serverName : '',
      rejectUnauthorized: !unchecked.includes(this.mode),
    });
    this.#endWith(secured);
    secured.once('secureConnect', () => {
      this.#use(secured);
    });
  }

  #use(stream: Socket): void {
    stream.on('data', (bytes) => {
      if (!this.push(bytes)) stream.pause();
    });
    this.#stream = stream;
    this.#onSecured(stream);
  }

  #endWith(stream: Socket): void {
    stream.on('error', (error) => this.destroy(error));
    stream.on('close', () => this.destroy());
  }

  /** Streams are told of one thing at a time: no two ever wait. */
  #whenSecured(act: (stream: Socket) => void): void {
    if (this.#stream === null) this.#onSecured = act;
    else act(this.#stream);
  }
}
