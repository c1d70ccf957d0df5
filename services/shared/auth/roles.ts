import type { Context, MiddlewareHandler } from 'hono';
import { problemResponse } from '../http/problem.js';
import { requireBearer } from './bearer.js';

/** `service`: another program or a pipeline, for one tenant at a time. `sre`: a person who answers for all of them. */
export type Role = 'service' | 'sre';

export type RoleTokens = Readonly<Record<Role, readonly string[]>>;

const roles = new WeakMap<Request, Role>();

/**
 * Lets a request pass when its bearer token is one of some role's, which `roleOf` tells afterwards: 401 otherwise. Where
 * no role has a token nobody passes: 403, since no token that a caller could send would help.
 * @throws Error when one token stands for two roles: whoever has the lesser would have the greater too.
 */
export function requireRole(tokens: RoleTokens): MiddlewareHandler {
  if (tokens.service.some((token) => tokens.sre.includes(token))) {
    throw new Error('could not guard routes: SERVICE_TOKEN and SRE_TOKEN share a token');
  }
  const all = [...tokens.service, ...tokens.sre];
  if (all.length === 0) {
    return (c) =>
      Promise.resolve(
        problemResponse(c, 403, 'nobody may ask this: neither SERVICE_TOKEN nor SRE_TOKEN is set'),
      );
  }
  return requireBearer(all, (request, token) => {
    roles.set(request, tokens.sre.includes(token) ? 'sre' : 'service');
  });
}

/** The role of a request that `requireRole` let pass. */
export function roleOf(c: Context): Role {
  const role = roles.get(c.req.raw);
  if (role === undefined) throw new Error('could not tell the role: the route is not guarded');
  return role;
}
