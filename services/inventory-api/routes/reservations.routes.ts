import type { OpenAPIHono } from '@hono/zod-openapi';
import { createRoute, z } from '@hono/zod-openapi';
import { reroutable, servingWarehouse } from '../../shared/flags/admit-requests.js';
import { HttpProblem } from '../../shared/http/problem.js';
import {
  jsonBody,
  jsonContent,
  problemContent,
  quantity,
  sku,
  text,
  warehouseId,
  writeHeaders,
} from '../../shared/http/request-schemas.js';
import type { Database } from '../../shared/storage/database.js';
import { idempotently } from '../../shared/storage/idempotency.js';
import { reserve } from '../stock.js';

const reservation = z
  .object({
    id: z.uuid(),
    warehouseId: z.string(),
    sku: z.string(),
    quantity: z.int(),
    reference: z.string().nullable(),
  })
  .openapi('Reservation');

const createReservationRoute = createRoute({
  method: 'post',
  path: '/inventory/reservations',
  summary: 'Takes a quantity out of what is available',
  ...reroutable,
  request: {
    headers: writeHeaders,
    body: jsonBody(
      z.object({
        warehouseId,
        sku,
        quantity,
        /** What it is for: an order's id. */
        reference: text(200).optional(),
      }),
    ),
  },
  responses: {
    201: jsonContent(reservation, 'Reserved. The same idempotency key gets the same answer.'),
    404: problemContent('The warehouse does not know the article'),
    409: problemContent('Not enough is available'),
    422: problemContent('The request does not fit'),
  },
});

export function addReservationRoutes(app: OpenAPIHono, database: Database): void {
  app.openapi(createReservationRoute, async (c) => {
    const { 'x-tenant-id': tenantId, 'idempotency-key': key } = c.req.valid('header');
    const content = c.req.valid('json');
    const { reference = null, quantity, sku } = content;
    const warehouseId = servingWarehouse(c, content.warehouseId);
    const answer = await idempotently(
      database,
      { tenantId, operation: 'reserve', key, content },
      (transaction) =>
        reserve(transaction, { tenantId, warehouseId, sku }, { quantity, reference }),
    );
    if (answer.status !== 201) throw new HttpProblem(answer.status, answer.body.detail);
    return c.json(answer.body, 201);
  });
}
