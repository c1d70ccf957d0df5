import type { OpenAPIHono } from '@hono/zod-openapi';
import { createRoute, z } from '@hono/zod-openapi';
import { HttpProblem } from '../../shared/http/problem.js';
import {
  jsonContent,
  pageLimit,
  problemContent,
  sku,
  tenantHeaders,
  warehouseId,
} from '../../shared/http/request-schemas.js';
import type { Database } from '../../shared/storage/database.js';
import { noteWarehouse } from '../../shared/telemetry/request-warehouse.js';
import { findItem, listItems } from '../stock.js';

const item = z
  .object({
    warehouseId: z.string(),
    sku: z.string(),
    name: z.string(),
    onHand: z.int(),
    reserved: z.int(),
    available: z.int(),
  })
  .openapi('Item');

const listRoute = createRoute({
  method: 'get',
  path: '/inventory/items',
  summary: 'The articles of a warehouse, with their stock',
  request: {
    headers: tenantHeaders,
    query: z.object({ warehouseId, limit: pageLimit, after: sku.optional() }),
  },
  responses: {
    200: jsonContent(
      z.object({ items: z.array(item), next: z.string().nullable() }),
      'A page of a warehouse, by SKU. `next`: value of `after` for the next page, null at the end.',
    ),
    422: problemContent('The request does not fit'),
  },
});

const readRoute = createRoute({
  method: 'get',
  path: '/inventory/items/{sku}',
  summary: 'One article in every warehouse of the tenant',
  request: { headers: tenantHeaders, params: z.object({ sku }) },
  responses: {
    200: jsonContent(z.object({ items: z.array(item) }), 'The article in each warehouse.'),
    404: problemContent('No warehouse of the tenant knows the article'),
    422: problemContent('The request does not fit'),
  },
});

export function addItemRoutes(app: OpenAPIHono, database: Database): void {
  app.openapi(listRoute, async (c) => {
    const { 'x-tenant-id': tenantId } = c.req.valid('header');
    const { limit, after = '', ...query } = c.req.valid('query');
    noteWarehouse(c.req.raw, query.warehouseId);
    const items = await listItems(database, { tenantId, after, limit, ...query });
    const next = items.length === limit ? (items.at(-1)?.sku ?? null) : null;
    return c.json({ items, next }, 200);
  });

  app.openapi(readRoute, async (c) => {
    const { 'x-tenant-id': tenantId } = c.req.valid('header');
    const article = c.req.valid('param');
    const items = await findItem(database, { tenantId, ...article });
    if (items.length === 0) throw new HttpProblem(404, `no article ${article.sku}`);
    return c.json({ items }, 200);
  });
}
