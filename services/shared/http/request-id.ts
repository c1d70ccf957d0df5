import type { Context } from 'hono';
import { randomId } from './random-ids.js';
import type { Incoming } from './read-header.js';
import { readHeader } from './read-header.js';
import { RequestNote } from './request-note.js';

const acceptable = /^[\w.-]{1,128}$/;
const ids = new RequestNote<string>();

/**
 * The id a request is known by in logs, problems and records: the caller's `x-request-id` when acceptable, a new one
 * otherwise. Made on first use, since most requests end well and nobody asks for it.
 */
export function requestIdOf(request: Request, incoming?: Incoming): string {
  let id = ids.get(request);
  if (id === undefined) {
    const given = readHeader(request, 'x-request-id', incoming);
    id = given !== null && acceptable.test(given) ? given : randomId();
    ids.set(request, id);
  }
  return id;
}

/** The same, for handlers. */
export function requestId(c: Context): string {
  return requestIdOf(c.req.raw);
}
