import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { problemResponse } from './problem.js';

/** Refuses bodies over `maxBytes` with 413, whether announced by content-length or streamed. */
export function limitBody(maxBytes: number): MiddlewareHandler {
  return bodyLimit({
    maxSize: maxBytes,
    onError: (c) => problemResponse(c, 413, `the body may hold ${maxBytes} bytes at most`),
  });
}
