import { Hono } from 'hono';
import { requireBearer } from '../auth/bearer.js';
import type { SignalRing } from './signal-ring.js';

/**
 * `/signals?since=`: what went wrong in this process lately, for monitoring. It names tenants and requests, so that it
 * asks for one of `tokens` where there are any; without, it is as open as `/metrics`.
 */
export function signalRoutes(signals: SignalRing, tokens: readonly string[]): Hono {
  const routes = new Hono();
  if (tokens.length > 0) routes.use('/signals', requireBearer(tokens));
  routes.get('/signals', (c) => c.json(signals.read(c.req.query('since'))));
  return routes;
}
