import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { problemResponse } from './problem.js';

/**
 * Refuses bodies over `maxBytes` with 413, whether announced by content-length or streamed. Only streamed ones are left
 * to Hono, since it asks every request for its body, which makes the server build a whole `Request` (some 20 µs).
 */
export function limitBody(maxBytes: number): MiddlewareHandler {
  const refuse = (c: Context): Response =>
    problemResponse(c, 413, `the body may hold ${maxBytes} bytes at most`);
  const limitStream = bodyLimit({ maxSize: maxBytes, onError: refuse });
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
