import type { ServerResponse } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { RequestError } from '@hono/node-server';
import type { Logger } from '../telemetry/logger.js';
import { randomId } from './random-ids.js';

/**
 * Answers what never reaches the app, since it is no whole, proper request, with a problem too. It knows no path, so the
 * problem has no `instance`. The connection ends with it: nobody can tell where the next request would begin.
 */
export class UnparsedAnswers {
  constructor(private readonly logger: Logger) {}

  /** For Node's `clientError`, unless an answer has begun on that connection. */
  onSocket(error: NodeJS.ErrnoException, socket: Duplex, hasBegun: boolean): void {
    if (!socket.writable || hasBegun || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const { status, headers, body } = this.problem(...reasonOf(error.code));
    const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const answer = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head.join('')}\r\n${body}`;
    socket.end(answer, () => socket.destroy());
  }

  /** For `getRequestListener`: what is no request to it, such as an address without a path. */
  onListenerError(error: unknown): Response {
    const isTheirs = error instanceof RequestError;
    if (!isTheirs) this.logger.error({ err: error }, 'could not answer request');
    const { status, headers, body } = this.problem(...(isTheirs ? notARequest : unexpected));
    return new Response(body, { status, headers });
  }

  /** For what Node parses and we refuse all the same. */
  onResponse(response: ServerResponse, status: number, detail: string): void {
    const problem = this.problem(status, detail);
    response.writeHead(status, problem.headers).end(problem.body);
  }

  private problem(status: number, detail: string) {
    const requestId = randomId();
    this.logger.info({ requestId, status, detail }, 'refused what is no proper request');
    const title = STATUS_CODES[status];
    const body = JSON.stringify({ type: 'about:blank', title, status, detail, requestId });
    const headers = {
      'content-type': 'application/problem+json',
      'content-length': String(Buffer.byteLength(body)),
      'x-request-id': requestId,
      connection: 'close',
    };
    return { status, headers, body };
  }
}

/** Of the request line and all headers together. */
export const maxHeaderBytes = 16 * 1024;

type Reason = readonly [status: number, detail: string];

const notARequest: Reason = [400, 'not a proper HTTP/1.1 request'];
const unexpected: Reason = [500, 'unexpected failure'];

function reasonOf(code: string | undefined): Reason {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return [408, 'the request did not arrive in time'];
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return [413, 'chunk extensions are too large'];
  return code === 'HPE_HEADER_OVERFLOW'
    ? [431, `address and headers may hold ${maxHeaderBytes} bytes at most`]
    : notARequest;
}
