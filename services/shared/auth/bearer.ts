import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { problemResponse } from '../http/problem.js';

/** Splits a comma-separated list of tokens: the current one and, while it is rotated, the previous one. */
export function parseTokens(list: string | undefined): string[] {
  return (list ?? '')
    .split(',')
    .map((token) => token.trim())
    .filter((token) => token !== '');
}

/**
 * Lets a request pass when its bearer token is one of `tokens`, after telling `onAccepted`; 401 otherwise.
 * @throws Error when there is no token at all, since such a door could never open (or worse, always).
 */
export function requireBearer(
  tokens: readonly string[],
  onAccepted: (request: Request, token: string) => void = () => undefined,
): MiddlewareHandler {
  if (tokens.length === 0) {
    throw new Error('could not guard routes: no token is accepted; give at least one');
  }
  // Digests have one length whatever the token, as timingSafeEqual needs.
  const accepted = tokens.map(digest);
  return async (c, next) => {
    const given = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
    if (given !== undefined && isOneOf(digest(given), accepted)) {
      onAccepted(c.req.raw, given);
      await next();
      return undefined;
    }
    return given === undefined
      ? refuse(c, 'send an Authorization header with a bearer token', 'Bearer')
      : refuse(c, 'the bearer token is not accepted', 'Bearer error="invalid_token"');
  };
}

function refuse(c: Parameters<MiddlewareHandler>[0], detail: string, challenge: string): Response {
  return problemResponse(c, 401, detail, { headers: { 'www-authenticate': challenge } });
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Compares with every accepted digest, so that time tells nothing of which one matched. */
function isOneOf(given: Buffer, accepted: readonly Buffer[]): boolean {
  return accepted.filter((candidate) => timingSafeEqual(candidate, given)).length > 0;
}
