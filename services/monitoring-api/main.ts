import { Registry } from 'prom-client';
import { readEnvironment } from '../../configuration/environment.js';
import { loadConfiguration } from '../../configuration/load-configuration.js';
import { parseTokens } from '../shared/auth/bearer.js';
import { createApi } from '../shared/http/create-api.js';
import { Readiness } from '../shared/http/health-routes.js';
import { serve } from '../shared/http/server.js';
import { stopOnSignal } from '../shared/http/termination.js';
import { openKubeClient } from '../shared/kubernetes/kube-client.js';
import { createHttpMetrics } from '../shared/telemetry/http-metrics.js';
import { createLogger } from '../shared/telemetry/logger.js';
import { observeRequests } from '../shared/telemetry/observe-requests.js';
import { registerProcessMetrics } from '../shared/telemetry/process-metrics.js';
import { createPodSource } from './discovery.js';
import { every } from './every.js';
import { registerFleetMetrics } from './fleet-metrics.js';
import { Monitor } from './monitor.js';
import { monitoringRoutes } from './monitoring.routes.js';
import { Notifier } from './notifier.js';
import { watchService } from './watch-service.js';

const environment = readEnvironment();
const logger = createLogger({ name: 'monitoring-api', level: environment.LOG_LEVEL });
const configuration = loadConfiguration(environment.RUNBOOK_CONFIG.split(','));
const { alerts, services } = configuration;
const now = (): number => Date.now();

const monitor = new Monitor(configuration);
const registry = new Registry();
registerProcessMetrics(registry);
const deliveries = registerFleetMetrics(registry, monitor, now);
const notifier = new Notifier({
  receiverUrls: environment.ALERT_RECEIVER_URLS.split(',').filter((url) => url !== ''),
  token: parseTokens(environment.ALERT_WEBHOOK_TOKEN)[0] ?? null,
  externalUrl: environment.MONITORING_URL,
  ...alerts.notify,
  logger: logger.child({ component: 'notifier' }),
  onSent: (result) => {
    deliveries.inc({ result });
  },
});

const readiness = new Readiness();
const api = createApi({
  title: 'monitoring-api',
  release: environment.RELEASE,
  readiness,
  registry,
  logger,
  faults: null,
  routes: monitoringRoutes({ monitor, registry, now }),
});
const metrics = createHttpMetrics(registry);
const server = await serve(observeRequests(api, { metrics, logger }), {
  host: environment.HOST,
  port: environment.PORT ?? 4010,
  readiness,
  drainMs: environment.SHUTDOWN_DRAIN_MS,
});

const kube = openKubeClient({
  kubeconfigPath: environment.KUBECONFIG,
  userAgent: 'durable-runbooks-monitoring',
});
const stopping = new AbortController();
const watching = Promise.all([
  ...Object.entries(services).map(([service, settings]) =>
    watchService({
      service,
      settings,
      alerts,
      pods: createPodSource(kube, settings.deployment),
      store: monitor.store(service),
      logger,
      signal: stopping.signal,
    }),
  ),
  every(alerts.evaluationInterval, stopping.signal, () => {
    monitor.evaluate(now());
    notifier.update(monitor.alerts(), now());
  }),
]);
logger.info({ url: server.url, services: monitor.serviceNames }, 'ready');

stopOnSignal(logger, async () => {
  stopping.abort();
  await Promise.all([watching, server.stop()]);
});
