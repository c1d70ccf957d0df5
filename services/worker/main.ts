import { NativeConnection } from '@temporalio/worker';
import { createActivities } from '../../activities/create-activities.js';
import { createMonitoringClient } from '../../activities/monitoring/monitoring-client.js';
import { readEnvironment } from '../../configuration/environment.js';
import { loadConfiguration } from '../../configuration/load-configuration.js';
import { Readiness } from '../shared/http/health-routes.js';
import { serve } from '../shared/http/server.js';
import { stopOnSignal } from '../shared/http/termination.js';
import { openKubeClient } from '../shared/kubernetes/kube-client.js';
import { migrateRegistry, openRegistry } from '../shared/storage/registry/open-registry.js';
import { createLogger } from '../shared/telemetry/logger.js';
import { createWorker } from './create-worker.js';
import { findFreePort } from './free-port.js';
import { createHealthApp } from './health-app.js';
import { keepTrying } from './keep-trying.js';
import { installTemporalRuntime } from './temporal-runtime.js';

const environment = readEnvironment();
const configuration = loadConfiguration(environment.RUNBOOK_CONFIG.split(','));
const name = 'worker';
const logger = createLogger({ name, level: environment.LOG_LEVEL });
const databaseUrl = environment.DATABASE_URL;
if (databaseUrl === undefined) {
  throw new Error('could not start worker: DATABASE_URL is not set; give a postgres:// URL');
}

const metricsPort = await findFreePort();
installTemporalRuntime({ logger, metricsPort });
const readiness = new Readiness();
const server = await serve(
  createHealthApp({ readiness, release: environment.RELEASE, metricsPort }),
  { host: environment.HOST, port: environment.PORT ?? 4020, readiness, drainMs: 0 },
);
readiness.notReady('connecting to Temporal');

const kube = openKubeClient({
  kubeconfigPath: environment.KUBECONFIG,
  userAgent: `durable-runbooks/${environment.RELEASE}`,
  // Two in a row fit into the time that an activity has for reading.
  timeoutMs: 4_000,
});
const sql = openRegistry(databaseUrl, name);
const activities = createActivities({
  kubernetes: { kube, fieldManager: environment.KUBERNETES_FIELD_MANAGER },
  monitoring: createMonitoringClient({ url: environment.MONITORING_URL }),
  registry: { sql, monitoringUrl: environment.MONITORING_URL },
  notifications: { channels: configuration.notifications.channels, log: logger },
});

// Not awaited: a registry that is down delays records, never a cure.
void keepTrying('prepare the registry', logger, () => migrateRegistry(databaseUrl, logger));
const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace } = environment;
const connection = await keepTrying(`reach Temporal at ${address}`, logger, () =>
  NativeConnection.connect({ address }),
);
const worker = await createWorker({
  connection,
  namespace,
  taskQueue: environment.TEMPORAL_TASK_QUEUE,
  activities,
});

const running = worker.run();
readiness.ready();
logger.info({ url: server.url, address, namespace, release: environment.RELEASE }, 'ready');
stopOnSignal(logger, async () => {
  readiness.notReady('stopping');
  worker.shutdown();
  await running;
  await connection.close();
  await server.stop();
  await sql.end({ timeout: 2 });
});
running.catch((error: unknown) => {
  // Lost for good, or a fault of our own: whoever supervises this process starts a fresh one.
  logger.fatal({ err: error }, 'worker failed');
  process.exit(1);
});
