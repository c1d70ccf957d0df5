import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';
import { prometheus } from '@hono/prometheus';
import { Hono } from 'hono';
import { logger as honoLogger } from 'hono/logger';
import { requestId } from 'hono/request-id';
import { routePath } from 'hono/route';
import { Histogram, Registry } from 'prom-client';
import { latencyBucketsMs } from '../../configuration/latency-buckets.js';
import { admitRequests } from '../../services/shared/flags/admit-requests.js';
import { createApi, createRoutes } from '../../services/shared/http/create-api.js';
import { Readiness } from '../../services/shared/http/health-routes.js';
import { jsonContent, sku, tenantHeaders } from '../../services/shared/http/request-schemas.js';
import type { App } from '../../services/shared/http/server.js';
import { createHttpMetrics } from '../../services/shared/telemetry/http-metrics.js';
import { createLogger } from '../../services/shared/telemetry/logger.js';
import { MetricsRegistry } from '../../services/shared/telemetry/metrics-registry.js';
import { DatabaseGuard } from '../../services/shared/storage/database-guard.js';
import type { ObservedApp } from '../../services/shared/telemetry/observe-requests.js';
import { observeRequests } from '../../services/shared/telemetry/observe-requests.js';
import { registerProcessMetrics } from '../../services/shared/telemetry/process-metrics.js';
import { SignalRing } from '../../services/shared/telemetry/signal-ring.js';

/** One route that does next to nothing, not even at once, under what is measured: the less it does, the larger every
 *  ratio to it. Each answers the same. */
export const variants = {
  bare: () => addItemRoute(new Hono()),
  /** The least that any middleware of Hono costs. */
  noOp() {
    const app = new Hono();
    app.use(async (_c, next) => {
      await next();
    });
    return addItemRoute(app);
  },
  /** As a service has it: failures, slow answers and one in 64 others are logged. */
  ours: () => observed(addItemRoute(new Hono()), 'info'),
  /** As a service has it with `LOG_LEVEL=debug`: every request is logged. */
  oursLogging: () => observed(addItemRoute(new Hono()), 'debug'),
  /** What tutorials put together. */
  textbook() {
    const app = new Hono();
    app.use(requestId());
    app.use(honoLogger());
    const duration = new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time to answer.',
      labelNames: ['method', 'route', 'status'],
      buckets: latencyBucketsMs.map((ms) => ms / 1_000),
      registers: [new Registry()],
    });
    app.use(async (c, next) => {
      const stop = duration.startTimer();
      await next();
      stop({ method: c.req.method, route: routePath(c, -1), status: c.res.status });
    });
    return addItemRoute(app);
  },
  honoPrometheus() {
    const app = new Hono();
    app.use(prometheus({ registry: new Registry() }).registerMetrics);
    return addItemRoute(app);
  },
  /** A route with its contract and nothing else: what checking the input costs. */
  contract: () => contractRoutes(new OpenAPIHono()),
  /** The same with all that `runService` puts around it. */
  service() {
    const routes = contractRoutes(createRoutes());
    const registry = new MetricsRegistry();
    registerProcessMetrics(registry);
    const logger = createLogger({ name: 'bench', level: 'info' });
    const signals = new SignalRing();
    const noModes = { value: 'normal', until: null } as const;
    const api = createApi({
      title: 'bench',
      release: 'bench',
      readiness: new Readiness(),
      registry,
      logger,
      faults: null,
      guard: new DatabaseGuard({ ping: () => found, logger }),
      admission: admitRequests({
        modes: {
          read: () => ({
            switches: { mode: noModes, shed: { value: 'none', until: null } },
            isolations: new Map(),
          }),
        },
        routes,
        obeys: ['read-only'],
      }),
      signals: { ring: signals, tokens: [] },
      routes,
    });
    return observeRequests(api, { metrics: createHttpMetrics(registry), logger, signals });
  },
} satisfies Record<string, () => App>;

export type VariantName = keyof typeof variants;

const item = { sku: 'BOLT-8', name: 'Bolt M8', onHand: 120, reserved: 20, available: 100 };
/** What every real route waits for: here it is there already. */
const found = Promise.resolve();

function addItemRoute(app: Hono): Hono {
  app.get('/items/:sku', async (c) => {
    await found;
    return c.json({ ...item, sku: c.req.param('sku') });
  });
  return app;
}

function contractRoutes(routes: OpenAPIHono): OpenAPIHono {
  const answer = z.object({
    sku: z.string(),
    name: z.string(),
    onHand: z.int(),
    reserved: z.int(),
    available: z.int(),
  });
  const route = createRoute({
    method: 'get',
    path: '/items/{sku}',
    request: { headers: tenantHeaders, params: z.object({ sku }) },
    responses: { 200: jsonContent(answer, 'An article') },
  });
  routes.openapi(route, async (c) => {
    await found;
    return c.json({ ...item, sku: c.req.valid('param').sku }, 200);
  });
  return routes;
}

function observed(app: ObservedApp, level: string): Pick<ObservedApp, 'fetch'> {
  return observeRequests(app, {
    metrics: createHttpMetrics(new MetricsRegistry()),
    logger: createLogger({ name: 'bench', level }),
    signals: new SignalRing(),
  });
}
