import type { OpenAPIHono } from '@hono/zod-openapi';
import { createRoute, z } from '@hono/zod-openapi';
import { HttpProblem } from '../../shared/http/problem.js';
import {
  jsonBody,
  jsonContent,
  problemContent,
  sku,
  text,
  warehouseId,
  writeHeaders,
} from '../../shared/http/request-schemas.js';
import type { Database } from '../../shared/storage/database.js';
import { noteWarehouse } from '../../shared/telemetry/request-warehouse.js';
import { idempotently } from '../../shared/storage/idempotency.js';
import { adjust } from '../stock.js';

const adjustment = z
  .object({
    id: z.uuid(),
    warehouseId: z.string(),
    sku: z.string(),
    delta: z.int(),
    reason: z.string(),
    onHand: z.int(),
  })
  .openapi('Adjustment');

const createAdjustmentRoute = createRoute({
  method: 'post',
  path: '/inventory/adjustments',
  summary: 'Corrects the stock by a difference',
  request: {
    headers: writeHeaders,
    body: jsonBody(
      z.object({
        warehouseId,
        sku,
        delta: z
          .int()
          .min(-100_000)
          .max(100_000)
          .refine((delta) => delta !== 0, 'a delta of zero changes nothing')
          .openapi({ not: { const: 0 } }),
        reason: text(200),
      }),
    ),
  },
  responses: {
    201: jsonContent(adjustment, 'Adjusted. The same idempotency key gets the same answer.'),
    404: problemContent('The warehouse does not know the article'),
    409: problemContent('Less would lie there than is reserved, or more than can be counted'),
    422: problemContent('The request does not fit'),
  },
});

export function addAdjustmentRoutes(app: OpenAPIHono, database: Database): void {
  app.openapi(createAdjustmentRoute, async (c) => {
    const { 'x-tenant-id': tenantId, 'idempotency-key': key } = c.req.valid('header');
    const content = c.req.valid('json');
    noteWarehouse(c.req.raw, content.warehouseId);
    const answer = await idempotently(
      database,
      { tenantId, operation: 'adjust', key, content },
      (transaction) => adjust(transaction, { tenantId, ...content }, content),
    );
    if (answer.status !== 201) throw new HttpProblem(answer.status, answer.body.detail);
    return c.json(answer.body, 201);
  });
}
