import type { OpenAPIHono } from '@hono/zod-openapi';
import { createRoute, z } from '@hono/zod-openapi';
import { nonCritical } from '../../shared/flags/admit-requests.js';
import { jsonContent, problemContent, tenantHeaders } from '../../shared/http/request-schemas.js';
import type { Database } from '../../shared/storage/database.js';
import { reportStock } from '../stock.js';

const warehouseReport = z
  .object({
    warehouseId: z.string(),
    articles: z.int(),
    onHand: z.int(),
    reserved: z.int(),
    exhausted: z.int(),
  })
  .openapi('WarehouseReport');

const reportRoute = createRoute({
  method: 'get',
  path: '/inventory/report',
  summary: 'Totals of the tenant by warehouse; refused first when load is shed',
  ...nonCritical,
  request: { headers: tenantHeaders },
  responses: {
    200: jsonContent(z.object({ warehouses: z.array(warehouseReport) }), 'Totals by warehouse.'),
    422: problemContent('The request does not fit'),
  },
});

/** Not critical: what people look at, no order waits for it. */
export function addReportRoutes(app: OpenAPIHono, database: Database): void {
  app.openapi(reportRoute, async (c) => {
    const { 'x-tenant-id': tenantId } = c.req.valid('header');
    return c.json({ warehouses: await reportStock(database, tenantId) }, 200);
  });
}
