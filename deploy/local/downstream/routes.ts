import type { OpenAPIHono } from '@hono/zod-openapi';
import { createRoute, z } from '@hono/zod-openapi';
import { createRoutes } from '../../../services/shared/http/create-api.js';
import { HttpProblem } from '../../../services/shared/http/problem.js';
import {
  jsonBody,
  jsonContent,
  pageLimit,
  problemContent,
  quantity,
  sku,
  tenantHeaders,
  text,
  warehouseId,
  writeHeaders,
} from '../../../services/shared/http/request-schemas.js';
import type { Database } from '../../../services/shared/storage/database.js';
import { listOrders, takeOrder } from './orders.js';

const tenantId = tenantHeaders.shape['x-tenant-id'];

const sentOrder = z.object({
  tenantId,
  warehouseId,
  reference: text(200),
  lines: z.array(z.object({ sku, quantity })).min(1).max(100),
});

const receivedOrder = sentOrder.extend({
  key: z.string(),
  sequence: z.int(),
  receivedAt: z.iso.datetime(),
});

const takeRoute = createRoute({
  method: 'post',
  path: '/orders',
  request: { headers: writeHeaders.pick({ 'idempotency-key': true }), body: jsonBody(sentOrder) },
  responses: {
    201: jsonContent(receivedOrder, 'Taken. The same idempotency key gets the same answer.'),
    422: problemContent('The request does not fit, or its key stands for another order'),
  },
});

const listRoute = createRoute({
  method: 'get',
  path: '/orders',
  request: {
    query: z.object({
      tenantId: tenantId.optional(),
      after: z.coerce.number().int().min(0).default(0),
      limit: pageLimit,
    }),
  },
  responses: {
    200: jsonContent(
      z.object({ orders: z.array(receivedOrder), next: z.int().nullable() }),
      'As they came, of one tenant or of all. `next`: value of `after` for the next page, null at the end.',
    ),
    422: problemContent('The request does not fit'),
  },
});

/** The partner's side: takes orders, each key once, and shows what it has taken. */
export function downstreamRoutes(database: Database): OpenAPIHono {
  const app = createRoutes();

  app.openapi(takeRoute, async (c) => {
    const { 'idempotency-key': key } = c.req.valid('header');
    const content = c.req.valid('json');
    const order = await takeOrder(database, { key, ...content });
    if (order === undefined) throw new HttpProblem(422, `key ${key} stands for another order`);
    return c.json(order, 201);
  });

  app.openapi(listRoute, async (c) => {
    const { tenantId, after, limit } = c.req.valid('query');
    const orders = await listOrders(database, { tenantId, after, limit });
    const next = orders.length === limit ? (orders.at(-1)?.sequence ?? null) : null;
    return c.json({ orders, next }, 200);
  });

  return app;
}
