import type { Context, MiddlewareHandler, Next } from 'hono';
import { problemResponse } from './problem.js';

/**
 * Refuses bodies over `maxBytes` with 413, whether announced by content-length or streamed. Only streamed ones are read
 * here, since asking a request for its body makes the server build a whole `Request` (some 20 µs).
 */
export function limitBody(maxBytes: number): MiddlewareHandler {
  const refuse = (c: Context): Response =>
    problemResponse(c, 413, `the body may hold ${maxBytes} bytes at most`);

  async function limitStream(c: Context, next: Next): ReturnType<MiddlewareHandler> {
    const { body } = c.req.raw;
    if (body === null) return next();
    const content = await readUpTo(maxBytes, body);
    if (content === null) return refuse(c);
    // Where Hono keeps a body it has read: the request stays the one that others have noted things about.
    Object.assign(c.req.bodyCache, { arrayBuffer: Promise.resolve(content) });
    return next();
  }

  return (c, next) => {
    const { method } = c.req;
    // The server hands on no body of these.
    if (method === 'GET' || method === 'HEAD') return next();
    const length = c.req.header('content-length');
    const isStreamed = length === undefined || c.req.header('transfer-encoding') !== undefined;
    if (isStreamed) return limitStream(c, next);
    return Number(length) > maxBytes ? Promise.resolve(refuse(c)) : next();
  };
}

/** The whole of a stream, or null when there is more of it. What is more is read and thrown away: a body left standing
 *  would block the connection for the next request. */
async function readUpTo(
  maxBytes: number,
  stream: ReadableStream<Uint8Array>,
): Promise<ArrayBuffer | null> {
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Uint8Array(Buffer.concat(chunks, size)).buffer;
    size += value.length;
    if (size > maxBytes) {
      // The server ends a connection on which that takes long.
      readToEnd(reader).catch(() => undefined);
      return null;
    }
    chunks.push(value);
  }
}

async function readToEnd(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  while (!(await reader.read()).done);
}
