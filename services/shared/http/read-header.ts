import type { IncomingMessage } from 'node:http';

/** A request as Node has read it; nothing where there is no connection, as in a test. */
export type Incoming = Pick<IncomingMessage, 'headers'> | undefined;

/**
 * A header by its name in lower case, null when it is missing. From `incoming` where it is given: building a `Headers`
 * object costs more than all else that is done with one.
 */
export function readHeader(request: Request, name: string, incoming: Incoming): string | null {
  if (incoming === undefined) return request.headers.get(name);
  const given = incoming.headers[name];
  return typeof given === 'string' ? given : null;
}
