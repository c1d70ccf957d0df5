import { createRoute, z } from '@hono/zod-openapi';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { requireBearer } from '../shared/auth/bearer.js';
import { createRoutes } from '../shared/http/create-api.js';
import { bearer } from '../shared/http/openapi-document.js';
import { HttpProblem } from '../shared/http/problem.js';
import {
  instant,
  jsonContent,
  pageCursor,
  pageLimit,
  problemContent,
  text,
} from '../shared/http/request-schemas.js';
import { auditKinds } from '../shared/storage/audit/audit-event.js';
import { listAuditEvents } from '../shared/storage/audit/read-audit-events.js';
import type { Database } from '../shared/storage/database.js';
import type { DatabaseGuard } from '../shared/storage/database-guard.js';
import { auditAnswer } from './answers.schema.js';

const name = text(200).optional();

const eventsRoute = createRoute({
  method: 'get',
  path: '/audit/events',
  summary: 'What was decided and changed, which writes failed, and when users were affected',
  security: bearer,
  request: {
    query: z.object({
      service: name,
      tenant: name,
      incident: name.openapi({ example: 'billing-7' }),
      kind: z.enum(auditKinds).optional(),
      since: instant.optional(),
      until: instant.optional(),
      limit: pageLimit,
      cursor: pageCursor,
    }),
  },
  responses: {
    200: jsonContent(
      auditAnswer,
      'Newest first. `next`: value of `cursor` for the next page, null at the end.',
    ),
    422: problemContent('The query does not fit'),
    503: problemContent('The audit cannot be read'),
  },
});

/** `database`: the registry; null when there is none. `tokens`: who may read it; everybody when empty. */
export function auditRoutes(
  database: Database | null,
  tokens: readonly string[],
  guard?: DatabaseGuard,
): OpenAPIHono {
  const app = createRoutes();
  if (tokens.length > 0) app.use(eventsRoute.path, requireBearer(tokens));
  if (guard !== undefined) app.use(eventsRoute.path, guard.refuseDuringOutage());
  app.openapi(eventsRoute, async (c) => {
    if (database === null) {
      throw new HttpProblem(503, 'there is no audit: start monitoring-api with DATABASE_URL');
    }
    const { cursor: before, ...query } = c.req.valid('query');
    try {
      const events = await listAuditEvents(database, { ...query, before });
      const next = events.length === query.limit ? (events.at(-1)?.position ?? null) : null;
      return c.json({ events, next }, 200);
    } catch (error) {
      guard?.suspect(error);
      throw new HttpProblem(503, 'the audit cannot be read: its database does not answer', {
        headers: { 'retry-after': '2' },
        cause: error,
      });
    }
  });
  return app;
}
