import type { AlertSettings } from '../../configuration/alerts.schema.js';
import { readEnvironment } from '../../configuration/environment.js';
import { loadConfiguration } from '../../configuration/load-configuration.js';
import { parseTokens } from '../shared/auth/bearer.js';
import { createApi } from '../shared/http/create-api.js';
import { Readiness } from '../shared/http/health-routes.js';
import { serve } from '../shared/http/server.js';
import { stopOnSignal } from '../shared/http/termination.js';
import { openKubeClient } from '../shared/kubernetes/kube-client.js';
import { pingDatabase } from '../shared/storage/database.js';
import { DatabaseGuard } from '../shared/storage/database-guard.js';
import { migrateRegistry, openRegistry } from '../shared/storage/registry/open-registry.js';
import { createHttpMetrics } from '../shared/telemetry/http-metrics.js';
import { createLogger } from '../shared/telemetry/logger.js';
import { MetricsRegistry } from '../shared/telemetry/metrics-registry.js';
import { observeRequests } from '../shared/telemetry/observe-requests.js';
import { registerProcessMetrics } from '../shared/telemetry/process-metrics.js';
import { auditRoutes } from './audit.routes.js';
import { createPodSource } from './discovery.js';
import { every } from './every.js';
import { FailedWrites } from './failed-writes.js';
import { registerFleetMetrics } from './fleet-metrics.js';
import { followAlerts } from './follow-alerts.js';
import { ModeChanges } from './mode-changes.js';
import { Monitor } from './monitor.js';
import type { MetricsSource } from './metrics-source.js';
import { monitoringRoutes } from './monitoring.routes.js';
import { Notifier } from './notifier.js';
import { readAuditTokens } from './read-audit-tokens.js';
import { prometheusSource } from './read-prometheus.js';
import { recordRetries } from './record-retries.js';
import { restartable } from './restartable.js';
import { podScraper, scrapeTimeoutMs } from './scrape.js';
import { readModes } from './service-modes.js';
import { watchService } from './watch-service.js';
import { writeFailedWrites } from './write-failed-writes.js';
import { writeModeChanges } from './write-mode-changes.js';

const environment = readEnvironment();
const logger = createLogger({ name: 'monitoring-api', level: environment.LOG_LEVEL });
const folders = environment.RUNBOOK_CONFIG.split(',');
const configuration = loadConfiguration(folders);
const { alerts, services } = configuration;
const now = (): number => Date.now();
const serviceToken = parseTokens(environment.SERVICE_TOKEN)[0] ?? null;

const monitor = new Monitor(configuration);
/** Of this process, at /metrics; and of the services, at /monitoring/metrics: families of the same name would be mixed up. */
const registry = new MetricsRegistry();
registerProcessMetrics(registry);
const fleet = new MetricsRegistry();
const deliveries = registerFleetMetrics(fleet, monitor, now);
const notifier = new Notifier({
  receiverUrls: environment.ALERT_RECEIVER_URLS,
  token: parseTokens(environment.ALERT_WEBHOOK_TOKEN)[0] ?? null,
  externalUrl: environment.MONITORING_URL,
  ...alerts.notify,
  logger: logger.child({ component: 'notifier' }),
  onSent: (result) => {
    deliveries.inc({ result });
  },
});

const { DATABASE_URL: databaseUrl } = environment;
const audit =
  databaseUrl === undefined
    ? null
    : {
        database: openRegistry(databaseUrl, 'monitoring-api'),
        failedWrites: new FailedWrites(alerts.verdictWindow),
        changes: new ModeChanges(),
        migrate: () => migrateRegistry(databaseUrl, logger),
        logger: logger.child({ component: 'audit' }),
        guard: new DatabaseGuard({
          ping: () =>
            pingDatabase(databaseUrl, { schema: 'registry', name: 'monitoring-api ping' }),
          logger: logger.child({ component: 'audit' }),
        }),
      };

const routes = monitoringRoutes({ monitor, registry: fleet, now });
routes.route('/', auditRoutes(audit?.database ?? null, readAuditTokens(environment), audit?.guard));
const readiness = new Readiness();
const api = createApi({
  title: 'monitoring-api',
  release: environment.RELEASE,
  readiness,
  registry,
  logger,
  faults: null,
  routes,
});
const metrics = createHttpMetrics(registry);
const server = await serve(observeRequests(api, { metrics, logger }), {
  host: environment.HOST,
  port: environment.PORT ?? 4010,
  readiness,
  logger,
  drainMs: environment.SHUTDOWN_DRAIN_MS,
});

const kube = openKubeClient({
  kubeconfigPath: environment.KUBECONFIG,
  userAgent: 'durable-runbooks-monitoring',
});
const metricsOf = (service: string, scrapeInterval: number): MetricsSource => {
  const oldest = services[service]?.queue?.oldest.metric ?? null;
  const timeoutMs = scrapeTimeoutMs(scrapeInterval);
  return environment.PROMETHEUS_URL === undefined
    ? podScraper(timeoutMs, oldest)
    : prometheusSource({
        url: environment.PROMETHEUS_URL,
        service,
        oldest,
        timeoutMs,
        maxAgeMs: 3 * scrapeInterval,
      });
};
const watching = restartable(async (settings: AlertSettings, signal) => {
  await Promise.all([
    ...Object.entries(services).map(([service, { deployment, ...target }]) =>
      watchService({
        service,
        settings: target,
        alerts: settings,
        pods: createPodSource(kube, deployment),
        metrics: metricsOf(service, settings.scrapeInterval),
        store: monitor.store(service),
        signals: monitor.signals(service),
        token: serviceToken,
        onSignals: (signals) => {
          audit?.failedWrites.add(signals);
        },
        logger,
        signal,
      }),
    ),
    every(settings.evaluationInterval, signal, (at) => {
      monitor.evaluate(at);
      for (const service of monitor.serviceNames) {
        audit?.changes.note(service, readModes(monitor.store(service), at, at), at);
      }
      notifier.update(monitor.alerts(), at);
    }),
  ]);
});
await watching.start(alerts);

const stopping = new AbortController();
const follow = followAlerts({
  folders,
  async onChange(changed) {
    monitor.reconfigure(changed, now());
    notifier.reconfigure(changed.notify);
    await watching.start(changed);
    logger.info('alerts.yml has changed and is in force');
  },
  onRefused(fault) {
    monitor.refuseConfiguration(fault);
    logger.error(
      { cause: fault },
      'alerts.yml has changed and is refused; the old one is in force',
    );
  },
});
const writes = audit === null ? [] : [writeFailedWrites(audit), writeModeChanges(audit)];
if (audit !== null) {
  for (const [service, { url, queue }] of Object.entries(services)) {
    if (queue === undefined) continue;
    const list = new URL(queue.retries, url).href;
    writes.push(recordRetries({ ...audit, service, url: list, token: serviceToken }));
  }
}
const working = Promise.all([
  every(1_000, stopping.signal, follow),
  every(alerts.verdictWindow, stopping.signal, async () => {
    for (const write of writes) await write(now());
  }),
]);
logger.info({ url: server.url, services: monitor.serviceNames }, 'ready');

stopOnSignal(logger, async () => {
  stopping.abort();
  await Promise.all([working, watching.stop(), server.stop()]);
  await audit?.database.end({ timeout: 2 });
});
