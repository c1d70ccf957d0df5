import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadConfiguration } from '../../../configuration/load-configuration.js';
import { applyManifests, readManifests } from '../../../deploy/local/apply-manifests.js';
import { freePorts } from '../../../deploy/local/ports.js';
import { startTraffic } from '../../../deploy/local/traffic.js';
import type { KubeClient } from '../../../services/shared/kubernetes/kube-client.js';
import { openKubeClient } from '../../../services/shared/kubernetes/kube-client.js';
import { startControlPlane } from '../control-plane.js';
import { eventually } from '../eventually.js';
import type { FlagFolder } from '../flag-folder.js';
import { createFlagFolder } from '../flag-folder.js';
import { startPostgres } from '../postgres.js';
import type { ServiceProcess } from '../service-process.js';
import { startProgram, startService } from '../service-process.js';
import { startTemporal } from '../temporal.js';

export const serviceToken = 'fuzz-service-token';
export const sreToken = 'fuzz-sre-token';
export const webhookToken = 'fuzz-webhook-token';

export type ApiName = 'monitoring-api' | 'incident-api' | 'inventory-api' | 'outbound-api';

export interface ApisUnderTest {
  /** The four APIs, the worker and the downstream. */
  readonly processes: Readonly<Record<ApiName | 'worker' | 'downstream', ServiceProcess>>;
  /** The switches of inventory-api. */
  readonly flags: FlagFolder;
  /** Ends everything; gives the exit codes of the processes. */
  stop(): Promise<Readonly<Record<string, number | null>>>;
}

/**
 * The whole product as processes of their own, guarded as in production: a real PostgreSQL, Temporal and API server, the
 * worker, the downstream, and the two services scraped as pods, under some traffic. The outbound service is healthy. The
 * inventory service is not: its address for probes is dead, so that an incident of it is open and asks.
 *
 * There is no node: a pod is the process whose address it is given.
 */
export async function startApis(): Promise<ApisUnderTest> {
  const [postgres, temporal, plane, flags] = await Promise.all([
    startPostgres(),
    startTemporal(),
    startControlPlane(),
    createFlagFolder(),
  ]);
  const kube = openKubeClient({ kubeconfigPath: plane.kubeconfigs.admin, userAgent: 'fuzz' });
  await applyManifests(kube.raw, await readManifests('deploy/kubernetes'));
  const [monitoringPort, incidentPort] = await freePorts(2);
  const monitoringUrl = `http://127.0.0.1:${monitoringPort}`;
  const incidentUrl = `http://127.0.0.1:${incidentPort}`;
  const common = {
    RUNBOOK_ENVIRONMENT: 'production',
    SHUTDOWN_DRAIN_MS: '0',
    SERVICE_TOKEN: serviceToken,
    SRE_TOKEN: sreToken,
    ALERT_WEBHOOK_TOKEN: webhookToken,
    TEMPORAL_ADDRESS: temporal.address,
    MONITORING_URL: monitoringUrl,
    INCIDENT_API_URL: incidentUrl,
    ALERT_RECEIVER_URLS: `${incidentUrl}/webhooks/alertmanager`,
    KUBECONFIG: plane.kubeconfigs.reader,
  };
  const services = { ...common, DATABASE_URL: await postgres.createDatabase('services') };
  const [inventory, downstream] = await Promise.all([
    startService('inventory-api', {
      ...services,
      FLAGS_DIR: flags.folder,
      FLAG_MODE: 'inventory.mode',
      FLAG_MODE_EXPIRES_AT: 'inventory.overrideExpiresAt',
    }),
    startProgram('deploy/local/downstream', services),
  ]);
  const outbound = await startService('outbound-api', {
    ...services,
    DOWNSTREAM_URL: downstream.url,
  });

  const configuration = await overrideAddresses({
    inventory: 'http://127.0.0.1:1',
    outbound: outbound.url,
  });
  const product = {
    ...common,
    RUNBOOK_CONFIG: configuration.folders.join(','),
    DATABASE_URL: await postgres.createDatabase('runbooks'),
  };
  const [monitoring, incident, worker] = await Promise.all([
    startService('monitoring-api', { ...product, PORT: String(monitoringPort) }),
    startService('incident-api', { ...product, PORT: String(incidentPort) }),
    startService('worker', { ...product, KUBECONFIG: plane.kubeconfigs.remediator, PORT: '0' }),
  ]);
  await givePodsAddresses(kube, { 'inventory-api': inventory.url, 'outbound-api': outbound.url });
  const targets = { inventory: inventory.url, outbound: outbound.url };
  const traffic = startTraffic({ targets, ratePerSecond: 10 });

  const processes = {
    'monitoring-api': monitoring,
    'incident-api': incident,
    'inventory-api': inventory,
    'outbound-api': outbound,
    worker,
    downstream,
  };
  return {
    processes,
    flags,
    async stop() {
      await traffic.stop();
      const ended = Object.entries(processes).map(
        async ([name, process]) => [name, await process.terminate()] as const,
      );
      const codes = Object.fromEntries(await Promise.all(ended));
      await Promise.all([postgres.stop(), temporal.teardown(), plane.stop()]);
      await Promise.all([flags.remove(), configuration.remove()]);
      return codes;
    },
  };
}

/**
 * The configuration with short windows, with other addresses of the services, and content with a slow machine: whether a
 * service is healthy must not hang on what else runs here.
 */
async function overrideAddresses(
  urls: Readonly<Record<string, string>>,
): Promise<{ folders: string[]; remove(): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'runbook-fuzz-'));
  const slo = { latencyP95Ms: 10_000 };
  const services = Object.fromEntries(
    Object.entries(urls).map(([name, url]) => [name, { url, slo }]),
  );
  const alerts = {
    probeTimeout: '3s',
    minimumSamples: { latency: 5, errorRate: 5, availability: 2 },
  };
  await writeFile(path.join(folder, 'services.yml'), JSON.stringify({ services }));
  await writeFile(path.join(folder, 'alerts.yml'), JSON.stringify(alerts));
  return {
    folders: ['configuration', 'configuration/local', folder],
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function givePodsAddresses(
  kube: KubeClient,
  urls: Readonly<Record<string, string>>,
): Promise<void> {
  for (const { deployment } of Object.values(loadConfiguration(['configuration']).services)) {
    const { namespace, name } = deployment;
    const pod = await eventually(`a pod of ${name}`, async () => {
      const { items } = await kube.core.listNamespacedPod({ namespace });
      return items.find(({ metadata }) => metadata?.name?.startsWith(`${name}-`))?.metadata?.name;
    });
    await kube.raw.patch(
      `/api/v1/namespaces/${namespace}/pods/${pod}`,
      {
        metadata: {
          annotations: { 'durable-runbooks.io/address': new URL(urls[name] ?? '').host },
        },
      },
      'application/merge-patch+json',
      { fieldManager: 'fuzz' },
    );
  }
}
