import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '../../configuration/environment.js';
import { loadConfiguration } from '../../configuration/load-configuration.js';
import { parseTokens } from '../shared/auth/bearer.js';
import { Readiness } from '../shared/http/health-routes.js';
import { serve } from '../shared/http/server.js';
import type { RunningServer } from '../shared/http/server.js';
import { keepTrying } from '../shared/service/keep-trying.js';
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

/** How long a start waits for the registry's tables. After that it serves without: alerts need Temporal alone. */
const registryPatienceMs = 3_000;

/**
 * Starts the front door. Neither need be up: alerts get 503 until Temporal is, all that is read from the registry until
 * the database is and its tables are up to date.
 */
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
  const stopping = new AbortController();
  const tables = { prepared: false };
  const prepared = keepTrying(
    'prepare the registry',
    logger,
    () => migrateRegistry(databaseUrl, logger),
    stopping.signal,
  ).then(
    () => {
      tables.prepared = true;
    },
    () => undefined,
  );
  await Promise.race([prepared, sleep(registryPatienceMs, undefined, { ref: false })]);

  const sql = openRegistry(databaseUrl, 'incident-api');
  const temporal = createTemporalClient({
    ...temporalAddress(environment),
    namespace: environment.TEMPORAL_NAMESPACE,
  });
  const registry = new MetricsRegistry();
  registerProcessMetrics(registry);
  const readiness = new Readiness();
  const guard = new DatabaseGuard({
    async ping() {
      if (!tables.prepared) throw new Error('its tables are not prepared yet');
      await pingDatabase(databaseUrl, { schema: 'registry', name: 'incident-api ping' });
    },
    logger,
  });
  if (!tables.prepared) guard.suspect(new Error('the registry could not be prepared'));
  const app = createApp({
    sql,
    guard,
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
