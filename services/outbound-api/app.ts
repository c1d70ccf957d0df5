import type { OpenAPIHono } from '@hono/zod-openapi';
import { createRoutes } from '../shared/http/create-api.js';
import type { Database } from '../shared/storage/database.js';
import { addOrderRoutes } from './routes/orders.routes.js';

/** Everything under `/outbound`: orders on their way out. */
export function outboundRoutes(database: Database): OpenAPIHono {
  const app = createRoutes();
  addOrderRoutes(app, database);
  return app;
}
