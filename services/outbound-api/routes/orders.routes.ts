import type { OpenAPIHono } from '@hono/zod-openapi';
import { createRoute, z } from '@hono/zod-openapi';
import { nonCritical, reroutable, servingWarehouse } from '../../shared/flags/admit-requests.js';
import { HttpProblem } from '../../shared/http/problem.js';
import {
  jsonBody,
  jsonContent,
  locationHeader,
  pageCursor,
  pageLimit,
  problemContent,
  quantity,
  sku,
  tenantHeaders,
  text,
  warehouseId,
  writeHeaders,
} from '../../shared/http/request-schemas.js';
import type { Database } from '../../shared/storage/database.js';
import { idempotently } from '../../shared/storage/idempotency.js';
import { traceparentOf } from '../../shared/telemetry/trace-context.js';
import { acceptOrder, findOrder, listOrders } from '../orders.js';

const newOrder = z.object({
  warehouseId,
  reference: text(200),
  lines: z.array(z.object({ sku, quantity })).min(1).max(100),
});

const order = newOrder
  .extend({
    id: z.uuid(),
    status: z.string(),
    createdAt: z.iso.datetime(),
    sequence: z.int(),
  })
  .openapi('Order');

const acceptRoute = createRoute({
  method: 'post',
  path: '/outbound/orders',
  summary: 'Stores an order to be sent downstream',
  ...reroutable,
  request: { headers: writeHeaders, body: jsonBody(newOrder) },
  responses: {
    202: {
      ...jsonContent(order, 'Accepted and stored. The same idempotency key gets the same answer.'),
      headers: locationHeader,
    },
    422: problemContent('The request does not fit'),
  },
});

const readRoute = createRoute({
  method: 'get',
  path: '/outbound/orders/{id}',
  summary: 'One order and how far it is',
  request: { headers: tenantHeaders, params: z.object({ id: z.uuid() }) },
  responses: {
    200: jsonContent(order, 'The order as it stands.'),
    404: problemContent('The tenant has no such order'),
    422: problemContent('The request does not fit'),
  },
});

/** Not critical: what people look at; whoever waits for an order reads that order. */
const listRoute = createRoute({
  method: 'get',
  path: '/outbound/orders',
  summary: 'Orders of the tenant, newest first; refused first when load is shed',
  ...nonCritical,
  request: {
    headers: tenantHeaders,
    query: z.object({ limit: pageLimit, before: pageCursor }),
  },
  responses: {
    200: jsonContent(
      z.object({ orders: z.array(order), next: z.int().nullable() }),
      'Newest first. `next`: value of `before` for the next page, null at the end.',
    ),
    422: problemContent('The request does not fit'),
  },
});

export function addOrderRoutes(app: OpenAPIHono, database: Database): void {
  app.openapi(acceptRoute, async (c) => {
    const { 'x-tenant-id': tenantId, 'idempotency-key': key } = c.req.valid('header');
    const content = c.req.valid('json');
    const warehouseId = servingWarehouse(c, content.warehouseId);
    const from = { tenantId, traceparent: traceparentOf(c.req.raw) };
    const answer = await idempotently(
      database,
      { tenantId, operation: 'accept', key, content },
      async (transaction) => ({
        status: 202 as const,
        body: await acceptOrder(transaction, from, { ...content, warehouseId }),
      }),
    );
    return c.json(answer.body, 202, { location: `/outbound/orders/${answer.body.id}` });
  });

  app.openapi(readRoute, async (c) => {
    const { 'x-tenant-id': tenantId } = c.req.valid('header');
    const { id } = c.req.valid('param');
    const found = await findOrder(database, tenantId, id);
    if (found === undefined) throw new HttpProblem(404, `no order ${id}`);
    return c.json(found, 200);
  });

  app.openapi(listRoute, async (c) => {
    const { 'x-tenant-id': tenantId } = c.req.valid('header');
    const { limit, before = Number.MAX_SAFE_INTEGER } = c.req.valid('query');
    const orders = await listOrders(database, { tenantId, before, limit });
    const next = orders.length === limit ? (orders.at(-1)?.sequence ?? null) : null;
    return c.json({ orders, next }, 200);
  });
}
