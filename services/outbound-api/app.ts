import type { OpenAPIHono } from '@hono/zod-openapi';
import type { RoleTokens } from '../shared/auth/roles.js';
import { requireRole } from '../shared/auth/roles.js';
import { createRoutes } from '../shared/http/create-api.js';
import type { ServiceParts } from '../shared/service/run-service.js';
import type { PreconditionSources } from './check-preconditions.js';
import { createPreconditions } from './check-preconditions.js';
import { heldPlaces } from './held-places.js';
import { createTotalsReader } from './queue-figures.js';
import { registerQueueMetrics } from './queue-metrics.js';
import { addOrderRoutes } from './routes/orders.routes.js';
import { addQueueRoute } from './routes/queue.routes.js';
import { addRetryRoutes } from './routes/retry.routes.js';

export interface OutboundRoutesOptions extends PreconditionSources, ServiceParts {
  /** Who may see the queue and ask for a retry. */
  readonly tokens: RoleTokens;
  /** Told when a retry has begun. */
  readonly onRetry?: () => void;
}

/** Everything under `/outbound`: orders on their way out, the queue they wait in, and retries. */
export function outboundRoutes(options: OutboundRoutesOptions): OpenAPIHono {
  const { database, modes, registry, breaker, logger } = options;
  const held = () => heldPlaces(modes.read().isolations, Date.now());

  const app = createRoutes();
  addOrderRoutes(app, database);
  const guard = requireRole(options.tokens);
  for (const path of [
    '/outbound/queue',
    '/outbound/retry',
    '/outbound/retries',
    '/outbound/retries/*',
  ]) {
    app.use(path, guard);
  }
  addQueueRoute(app, { database, breaker, held });
  addRetryRoutes(app, {
    database,
    findUnmet: createPreconditions(options),
    metrics: registerQueueMetrics(registry, createTotalsReader(database)),
    logger,
    onRetry: options.onRetry,
  });
  return app;
}
