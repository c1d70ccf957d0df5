import type { OpenAPIHono } from '@hono/zod-openapi';
import { loadConfiguration } from '../../configuration/load-configuration.js';
import { createApp } from '../../services/incident-api/create-app.js';
import { inventoryRoutes } from '../../services/inventory-api/app.js';
import { auditRoutes } from '../../services/monitoring-api/audit.routes.js';
import { Monitor } from '../../services/monitoring-api/monitor.js';
import { monitoringRoutes } from '../../services/monitoring-api/monitoring.routes.js';
import { outboundRoutes } from '../../services/outbound-api/app.js';
import { usualSwitches } from '../../services/shared/flags/switches.js';
import { createApi } from '../../services/shared/http/create-api.js';
import { Readiness } from '../../services/shared/http/health-routes.js';
import { openDatabase } from '../../services/shared/storage/database.js';
import { DatabaseGuard } from '../../services/shared/storage/database-guard.js';
import { MetricsRegistry } from '../../services/shared/telemetry/metrics-registry.js';
import { SignalRing } from '../../services/shared/telemetry/signal-ring.js';
import { createTemporalClient } from '../../services/shared/temporal/temporal-client.js';
import { silent } from '../support/api.js';

// Everything below is the product's own; what would connect does so on first use, which never comes.
const database = openDatabase('postgres://nowhere.invalid/none', { schema: 'none', name: 'none' });
const guard = new DatabaseGuard({ ping: () => Promise.reject(new Error()), logger: silent });
const configuration = loadConfiguration(['configuration']);
const release = '0.1.0';
const common = { release, logger: silent, readiness: new Readiness() };

/** The documents as the APIs serve them at `/openapi.json`, by name: indented JSON, the same bytes for the same code. */
export async function readDocuments(): Promise<ReadonlyMap<string, string>> {
  const temporal = createTemporalClient({ address: 'nowhere.invalid:7233', namespace: 'default' });
  const apis = {
    'inventory-api': service('inventory-api', inventoryRoutes(database)),
    'outbound-api': service('outbound-api', outbound()),
    'monitoring-api': monitoring(),
    'incident-api': createApp({
      ...common,
      sql: database,
      guard,
      temporal,
      taskQueue: 'runbooks',
      place: { environment: 'local', cluster: 'local' },
      configuration,
      registry: new MetricsRegistry(),
      tokens: { webhook: [], service: [] },
      stopping: new AbortController().signal,
      now: () => new Date(),
    }),
  };
  const texts = Object.entries(apis).map(async ([name, api]): Promise<[string, string]> => {
    const document: unknown = await (await api.request('/openapi.json')).json();
    return [name, `${JSON.stringify(document, null, 2)}\n`];
  });
  const documents = new Map(await Promise.all(texts));
  await temporal.close();
  return documents;
}

function service(title: string, routes: OpenAPIHono): OpenAPIHono {
  return createApi({
    ...common,
    title,
    registry: new MetricsRegistry(),
    faults: null,
    guard,
    admission: (_c, next) => next(),
    signals: { ring: new SignalRing(), tokens: [] },
    routes,
  });
}

function outbound(): OpenAPIHono {
  return outboundRoutes({
    database,
    breaker: null,
    monitoring: { url: 'http://nowhere.invalid', service: 'outbound' },
    tokens: { service: ['service'], sre: ['sre'] },
    logger: silent,
    modes: { read: () => ({ switches: usualSwitches, isolations: new Map() }) },
    registry: new MetricsRegistry(),
  });
}

function monitoring(): OpenAPIHono {
  const registry = new MetricsRegistry();
  const monitor = new Monitor(configuration);
  const routes = monitoringRoutes({ monitor, registry, now: Date.now });
  routes.route('/', auditRoutes(null, []));
  return createApi({ ...common, title: 'monitoring-api', registry, faults: null, routes });
}
