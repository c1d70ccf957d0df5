import type { OpenAPIHono } from '@hono/zod-openapi';
import { createRoutes } from '../shared/http/create-api.js';
import type { Database } from '../shared/storage/database.js';
import { addAdjustmentRoutes } from './routes/adjustments.routes.js';
import { addItemRoutes } from './routes/items.routes.js';
import { addReportRoutes } from './routes/report.routes.js';
import { addReservationRoutes } from './routes/reservations.routes.js';

/** Everything under `/inventory`: stock by tenant, warehouse and article. */
export function inventoryRoutes(database: Database): OpenAPIHono {
  const app = createRoutes();
  addItemRoutes(app, database);
  addReservationRoutes(app, database);
  addAdjustmentRoutes(app, database);
  addReportRoutes(app, database);
  return app;
}
