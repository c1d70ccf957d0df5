import type { OpenAPIHono } from '@hono/zod-openapi';
import { createRoute } from '@hono/zod-openapi';
import { bearer } from '../../shared/http/openapi-document.js';
import { jsonContent, problemContent } from '../../shared/http/request-schemas.js';
import type { Database } from '../../shared/storage/database.js';
import type { Breaker } from '../breaker.js';
import type { Place } from '../claim-orders.js';
import { readTenantQueues, readTotals } from '../queue-figures.js';
import { queueAnswer, queueQuery } from '../retry.schemas.js';

export interface QueueRoutesOptions {
  readonly database: Database;
  /** Null: nothing is dispatched here. */
  readonly breaker: Breaker | null;
  /** Whose orders are kept back at this moment. */
  readonly held: () => readonly Place[];
}

const maxTenants = 20;

const queueRoute = createRoute({
  method: 'get',
  path: '/outbound/queue',
  summary: 'What waits, for whom, since when, and whether the downstream answers',
  security: bearer,
  request: { query: queueQuery },
  responses: {
    200: jsonContent(
      queueAnswer,
      'Totals of all pods; `tenants` of the one asked for, or the longest.',
    ),
    401: problemContent('No token, or one that is not accepted'),
    403: problemContent('Nobody may ask: no token is configured'),
    422: problemContent('The query does not fit'),
  },
});

/** Asks for a role that `requireRole` found. */
export function addQueueRoute(app: OpenAPIHono, options: QueueRoutesOptions): void {
  const { database, breaker, held } = options;
  app.openapi(queueRoute, async (c) => {
    const { tenantId = null } = c.req.valid('query');
    const [totals, tenants] = await Promise.all([
      readTotals(database),
      readTenantQueues(database, { tenantId, limit: maxTenants }),
    ]);
    const heldTenants = new Set(held().map((place) => place.tenantId));
    return c.json(
      {
        ...totals,
        breaker: breaker?.state ?? ('none' as const),
        tenants: tenants.map((tenant) => ({ ...tenant, isHeld: heldTenants.has(tenant.tenantId) })),
      },
      200,
    );
  });
}
