import { OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import type { Configuration } from '../../configuration/load-configuration.js';
import { requireBearer } from '../shared/auth/bearer.js';
import { answerUnrouted } from '../shared/http/answer-unrouted.js';
import { limitBody } from '../shared/http/body-limit.js';
import { healthRoutes } from '../shared/http/health-routes.js';
import type { Readiness } from '../shared/http/health-routes.js';
import { answerDocument } from '../shared/http/openapi-document.js';
import { answerErrors } from '../shared/http/problem.js';
import type { Database } from '../shared/storage/database.js';
import type { DatabaseGuard } from '../shared/storage/database-guard.js';
import type { Logger } from '../shared/telemetry/logger.js';
import type { MetricsRegistry } from '../shared/telemetry/metrics-registry.js';
import { incidentInput } from '../shared/temporal/incident-opening.js';
import type { IncidentPlace } from '../shared/temporal/incident-opening.js';
import type { TemporalClient } from '../shared/temporal/temporal-client.js';
import { createAlertCatalogue } from './classify-alert.js';
import { eventStreamRoutes } from './event-stream.routes.js';
import { incidentRoutes } from './incident.routes.js';
import { postmortemRoutes } from './postmortem.routes.js';
import { findFaults } from './find-faults.js';
import { createWebhookMetrics } from './webhook-metrics.js';
import { webhookRoutes } from './webhook.routes.js';

export interface IncidentApiDependencies {
  readonly sql: Database;
  readonly guard: DatabaseGuard;
  readonly temporal: TemporalClient;
  readonly taskQueue: string;
  readonly place: IncidentPlace;
  readonly configuration: Configuration;
  readonly readiness: Readiness;
  readonly registry: MetricsRegistry;
  readonly logger: Logger;
  readonly release: string;
  /** Tokens of alert senders, and of callers of everything about incidents. None leaves that door open. */
  readonly tokens: { readonly webhook: readonly string[]; readonly service: readonly string[] };
  /** Ends event streams: the process stops. */
  readonly stopping: AbortSignal;
  readonly now: () => Date;
}

/** The front door: alerts in, incidents, decisions and post-mortems out. */
export function createApp(dependencies: IncidentApiDependencies): OpenAPIHono {
  const { sql, guard, temporal, taskQueue, place, configuration, logger, release, tokens, now } =
    dependencies;
  const { environment } = place;
  const app = new OpenAPIHono();
  app.onError(answerErrors(logger, guard.suspect));
  app.notFound(answerUnrouted(app));

  // Unlike a service, a front door that cannot take an alert had better let its sender knock at another.
  app.route('/', healthRoutes({ ...dependencies, findFaults: () => findFaults(temporal, logger) }));
  app.get('/openapi.json', answerDocument(app, { title: 'incident-api', version: release }));
  app.route(
    '/',
    webhookRoutes({
      delivery: {
        temporal,
        taskQueue,
        environment,
        inputFor: (service) => incidentInput(configuration, place, service),
      },
      catalogue: createAlertCatalogue(configuration),
      metrics: createWebhookMetrics(dependencies.registry),
      logger,
      tokens: tokens.webhook,
      now,
    }),
  );

  // Matches `/incidents` itself too.
  const guarded = '/incidents/*';
  if (tokens.service.length > 0) app.use(guarded, requireBearer(tokens.service));
  app.use(guarded, limitBody(64 * 1024));
  const refuseDuringOutage = guard.refuseDuringOutage();
  // Opening one by hand takes Temporal alone.
  const needsRegistry: MiddlewareHandler = (c, next) =>
    c.req.method === 'POST' && c.req.path === '/incidents' ? next() : refuseDuringOutage(c, next);
  app.use(guarded, needsRegistry);
  app.route('/', incidentRoutes(dependencies));
  app.route('/', postmortemRoutes({ sql, environment }));
  app.route('/', eventStreamRoutes({ ...dependencies, environment }));
  return app;
}
