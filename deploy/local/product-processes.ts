import path from 'node:path';
import type { Guard } from './guard.js';
import { ManagedProcess } from './managed-process.js';
import { compiled, packageRoot } from './package-root.js';
import { answers } from './probe.js';
import type { StackPorts } from './stack-ports.js';
import type { StackSecrets } from './state-folder.js';

interface ProductOptions {
  readonly ports: StackPorts;
  readonly secrets: StackSecrets;
  readonly configuration: readonly string[];
  readonly temporalAddress: string;
  readonly databaseUrl: string;
  readonly kubeconfigs: { readonly reader: string; readonly remediator: string };
  /** False when Alertmanager is the sender of alerts. */
  readonly monitoringSendsAlerts: boolean;
  readonly logFolder: string;
  readonly logLevel: string;
  readonly guard: Guard;
}

/** Path of the webhook at the incident-api. */
export const webhookPath = '/webhooks/alertmanager';

interface ProductProcesses {
  readonly worker: ManagedProcess;
  readonly monitoringApi: ManagedProcess;
  readonly incidentApi: ManagedProcess;
}

/** The product's own processes, as they would run in production but for their addresses. */
export function productProcesses(options: ProductOptions): ProductProcesses {
  const { ports, secrets, kubeconfigs } = options;
  const incidentApi = `http://127.0.0.1:${ports.incidentApi}`;
  const common = {
    NODE_ENV: 'production',
    RUNBOOK_ENVIRONMENT: 'local',
    RUNBOOK_CONFIG: options.configuration.join(','),
    LOG_LEVEL: options.logLevel,
    HOST: '127.0.0.1',
    // Nothing stands before these: no proxy needs time to notice.
    SHUTDOWN_DRAIN_MS: '0',
    TEMPORAL_ADDRESS: options.temporalAddress,
    DATABASE_URL: options.databaseUrl,
    MONITORING_URL: `http://127.0.0.1:${ports.monitoringApi}`,
    INCIDENT_API_URL: incidentApi,
  };
  const managed = (
    name: string,
    port: number,
    own: Readonly<Record<string, string>>,
  ): ManagedProcess =>
    new ManagedProcess(
      {
        name,
        command: process.execPath,
        args: ['--enable-source-maps', compiled(`services/${name}/main.js`)],
        env: { ...common, PORT: String(port), ...own },
        cwd: packageRoot,
        logFile: path.join(options.logFolder, `${name}.log`),
        ready: () => answers(`http://127.0.0.1:${port}/readyz`),
        readyWithinMs: 60_000,
      },
      options.guard,
    );
  return {
    worker: managed('worker', ports.worker, {
      KUBECONFIG: kubeconfigs.remediator,
      SERVICE_TOKEN: secrets.serviceToken,
    }),
    monitoringApi: managed('monitoring-api', ports.monitoringApi, {
      KUBECONFIG: kubeconfigs.reader,
      ALERT_RECEIVER_URLS: options.monitoringSendsAlerts ? incidentApi + webhookPath : '',
      ALERT_WEBHOOK_TOKEN: secrets.alertWebhookToken,
      SERVICE_TOKEN: secrets.serviceToken,
    }),
    incidentApi: managed('incident-api', ports.incidentApi, {
      ALERT_WEBHOOK_TOKEN: secrets.alertWebhookToken,
      SERVICE_TOKEN: secrets.serviceToken,
    }),
  };
}
