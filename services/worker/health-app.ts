import { Hono } from 'hono';
import { answerUnrouted } from '../shared/http/answer-unrouted.js';
import { healthRoutes, type Readiness } from '../shared/http/health-routes.js';
import { answerErrors } from '../shared/http/problem.js';
import type { Logger } from '../shared/telemetry/logger.js';
import { MetricsRegistry } from '../shared/telemetry/metrics-registry.js';
import { registerProcessMetrics } from '../shared/telemetry/process-metrics.js';
import { readTemporalMetrics } from './temporal-runtime.js';

export interface HealthAppOptions {
  readonly readiness: Readiness;
  readonly release: string;
  /** Where the SDK's core serves its metrics, on loopback. */
  readonly metricsPort: number;
  readonly logger: Logger;
}

/** `/healthz`, `/readyz` and `/metrics`, the last with the SDK's metrics after those of the process. */
export function createHealthApp({
  readiness,
  release,
  metricsPort,
  logger,
}: HealthAppOptions): Hono {
  const registry = new MetricsRegistry();
  registerProcessMetrics(registry);
  const app = new Hono();
  app.onError(answerErrors(logger));
  app.notFound(answerUnrouted(app));
  app.get('/metrics', async (c) => {
    const [own, temporal] = await Promise.all([
      registry.metrics(),
      readTemporalMetrics(metricsPort),
    ]);
    return c.body(own + temporal, 200, { 'content-type': registry.contentType });
  });
  app.route('/', healthRoutes({ readiness, registry, release }));
  return app;
}
