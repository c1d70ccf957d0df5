import type { Environment } from '../../configuration/environment.js';
import { loadConfiguration } from '../../configuration/load-configuration.js';
import { parseTokens } from '../shared/auth/bearer.js';
import { Readiness } from '../shared/http/health-routes.js';
import { serve } from '../shared/http/server.js';
import type { RunningServer } from '../shared/http/server.js';
import { pingDatabase } from '../shared/storage/database.js';
import { DatabaseGuard } from '../shared/storage/database-guard.js';
import { migrateRegistry, openRegistry } from '../shared/storage/registry/open-registry.js';
import { createHttpMetrics } from '../shared/telemetry/http-metrics.js';
import type { Logger } from '../shared/telemetry/logger.js';
import { MetricsRegistry } from '../shared/telemetry/metrics-registry.js';
import { observeRequests } from '../shared/telemetry/observe-requests.js';
import { registerProcessMetrics } from '../shared/telemetry/process-metrics.js';
import { temporalAddress } from '../shared/temporal/temporal-address.js';
import { createTemporalClient } from '../shared/temporal/temporal-client.js';
import { createApp } from './create-app.js';

/** Starts the front door: migrates the registry, then serves. Temporal need not be up: alerts get 503 until it is. */
export async function runIncidentApi(
  environment: Environment,
  logger: Logger,
): Promise<RunningServer> {
  const databaseUrl = environment.DATABASE_URL;
  if (databaseUrl === undefined) {
    throw new Error(
      'could not start incident-api: DATABASE_URL is not set; give a postgres:// URL',
    );
  }
  const tokens = readTokens(environment);
  if (tokens.webhook.length === 0) logger.warn('alert webhooks are open to everybody: local only');
  const configuration = loadConfiguration(environment.RUNBOOK_CONFIG.split(','));
  await migrateRegistry(databaseUrl, logger);

  const sql = openRegistry(databaseUrl, 'incident-api');
  const temporal = createTemporalClient({
    ...temporalAddress(environment),
    namespace: environment.TEMPORAL_NAMESPACE,
  });
  const registry = new MetricsRegistry();
  registerProcessMetrics(registry);
  const readiness = new Readiness();
  const stopping = new AbortController();
  const app = createApp({
    sql,
    guard: new DatabaseGuard({
      ping: () => pingDatabase(databaseUrl, { schema: 'registry', name: 'incident-api ping' }),
      logger,
    }),
    temporal,
    taskQueue: environment.TEMPORAL_TASK_QUEUE,
    place: {
      environment: environment.RUNBOOK_ENVIRONMENT,
      cluster: environment.RUNBOOK_CLUSTER ?? environment.RUNBOOK_ENVIRONMENT,
    },
    configuration,
    readiness,
    registry,
    logger,
    release: environment.RELEASE,
    tokens,
    stopping: stopping.signal,
    now: () => new Date(),
  });
  const observed = observeRequests(app, { metrics: createHttpMetrics(registry), logger });
  const server = await serve(observed, {
    host: environment.HOST,
    port: environment.PORT ?? 4000,
    readiness,
    logger,
    drainMs: environment.SHUTDOWN_DRAIN_MS,
  });
  logger.info({ url: server.url }, 'ready');

  return {
    ...server,
    async stop() {
      stopping.abort();
      await server.stop();
      await Promise.all([temporal.close(), sql.end({ timeout: 2 })]);
    },
  };
}

/** @throws Error outside `local` when a door would stand open. */
export function readTokens(
  environment: Pick<Environment, 'RUNBOOK_ENVIRONMENT' | 'ALERT_WEBHOOK_TOKEN' | 'SERVICE_TOKEN'>,
): { readonly webhook: readonly string[]; readonly service: readonly string[] } {
  const webhook = parseTokens(environment.ALERT_WEBHOOK_TOKEN);
  const service = parseTokens(environment.SERVICE_TOKEN);
  if (environment.RUNBOOK_ENVIRONMENT === 'local') {
    // On one's own machine people and scripts read incidents without a token; the server listens on loopback.
    return { webhook, service: [] };
  }
  const missing = [
    ...(webhook.length === 0 ? ['ALERT_WEBHOOK_TOKEN'] : []),
    ...(service.length === 0 ? ['SERVICE_TOKEN'] : []),
  ];
  if (missing.length > 0) {
    throw new Error(
      `could not start incident-api: ${missing.join(' and ')} must be set in environment ${environment.RUNBOOK_ENVIRONMENT}: without it anybody could open incidents or decide them`,
    );
  }
  return { webhook, service };
}
