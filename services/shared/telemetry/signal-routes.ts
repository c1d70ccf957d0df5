import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';
import type { Env } from 'hono';
import { requireBearer } from '../auth/bearer.js';
import { bearer } from '../http/openapi-document.js';
import { answerInvalid } from '../http/problem.js';
import { jsonContent, problemContent } from '../http/request-schemas.js';
import type { SignalRing } from './signal-ring.js';
import { signalSchema } from './signal-schema.js';

const signalPage = z
  .object({
    next: z.string(),
    missed: z.int(),
    signals: z.array(signalSchema(z.string())),
  })
  .openapi('SignalPage');

const signalsRoute = createRoute({
  method: 'get',
  path: '/signals',
  summary: 'What went wrong in this process lately, for monitoring',
  security: bearer,
  request: {
    query: z.object({
      since: z.string().optional().openapi({ description: '`next` of the page before' }),
    }),
  },
  responses: {
    200: jsonContent(signalPage, 'Oldest first'),
    422: problemContent('The query does not fit'),
  },
});

/**
 * `/signals?since=`: it names tenants and requests, so that it asks for one of `tokens` where there are any; without, it
 * is as open as `/metrics`.
 */
export function signalRoutes(signals: SignalRing, tokens: readonly string[]): OpenAPIHono {
  const routes = new OpenAPIHono<Env>({ defaultHook: answerInvalid });
  if (tokens.length > 0) routes.use('/signals', requireBearer(tokens));
  routes.openapi(signalsRoute, (c) => {
    const { next, missed, signals: read } = signals.read(c.req.valid('query').since);
    return c.json({ next, missed, signals: [...read] }, 200);
  });
  return routes;
}
