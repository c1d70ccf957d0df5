import { NativeConnection } from '@temporalio/worker';
import { createActivities } from '../../activities/create-activities.js';
import { createMonitoringClient } from '../../activities/monitoring/monitoring-client.js';
import type { Environment } from '../../configuration/environment.js';
import { loadConfiguration } from '../../configuration/load-configuration.js';
import { Readiness } from '../shared/http/health-routes.js';
import { serve } from '../shared/http/server.js';
import { openKubeClient } from '../shared/kubernetes/kube-client.js';
import { keepTrying } from '../shared/service/keep-trying.js';
import { migrateRegistry, openRegistry } from '../shared/storage/registry/open-registry.js';
import type { Logger } from '../shared/telemetry/logger.js';
import { temporalAddress } from '../shared/temporal/temporal-address.js';
import { assertWorkflowBundle, createWorker } from './create-worker.js';
import { findFreePort } from './free-port.js';
import { createHealthApp } from './health-app.js';
import { installTemporalRuntime } from './temporal-runtime.js';

export interface RunningWorker {
  /** Resolves after `stop`; rejects when the worker fails: its connection is lost for good, or a fault of our own. */
  readonly ended: Promise<void>;
  /** Takes no more tasks, lets those in hand finish for a while, hands back the rest. */
  stop(): Promise<void>;
}

/** Starts the worker; waits for Temporal as long as it takes. @throws Error when settings or build are at fault. */
export async function runWorker(environment: Environment, logger: Logger): Promise<RunningWorker> {
  const { DATABASE_URL: databaseUrl, RELEASE: release } = environment;
  if (databaseUrl === undefined) {
    throw new Error('could not open database: DATABASE_URL is not set; give a postgres:// URL');
  }
  const temporal = temporalAddress(environment);
  const { address } = temporal;
  const { notifications } = loadConfiguration(environment.RUNBOOK_CONFIG.split(','));
  await assertWorkflowBundle();
  const kube = openKubeClient({
    kubeconfigPath: environment.KUBECONFIG,
    userAgent: `durable-runbooks/${release}`,
    // Two in a row fit into the time that an activity has for reading.
    timeoutMs: 4_000,
  });

  const metricsPort = await findFreePort();
  installTemporalRuntime({ logger, metricsPort });
  const readiness = new Readiness();
  const health = createHealthApp({ readiness, release, metricsPort, logger });
  const server = await serve(health, {
    host: environment.HOST,
    port: environment.PORT ?? 4020,
    readiness,
    logger,
    drainMs: 0,
  });
  readiness.notReady('connecting to Temporal');

  const sql = openRegistry(databaseUrl, 'worker');
  // Not awaited: a registry that is down delays records, never a cure.
  void keepTrying('prepare the registry', logger, () => migrateRegistry(databaseUrl, logger));
  const connection = await keepTrying(`reach Temporal at ${address}`, logger, () =>
    NativeConnection.connect(temporal),
  );
  const worker = await createWorker({
    connection,
    namespace: environment.TEMPORAL_NAMESPACE,
    taskQueue: environment.TEMPORAL_TASK_QUEUE,
    activities: createActivities({
      kubernetes: { kube, fieldManager: environment.KUBERNETES_FIELD_MANAGER },
      monitoring: createMonitoringClient({ url: environment.MONITORING_URL }),
      registry: { sql, monitoringUrl: environment.MONITORING_URL },
      notifications: { channels: notifications.channels, log: logger },
    }),
  });

  const ended = worker.run();
  readiness.ready();
  logger.info({ url: server.url, address, release }, 'ready');
  return {
    ended,
    stop: async () => {
      readiness.notReady('stopping');
      worker.shutdown();
      await ended;
      await connection.close();
      await server.stop();
      await sql.end({ timeout: 2 });
    },
  };
}
