import { loadConfiguration } from '../../../configuration/load-configuration.js';
import { applyManifests, readManifests } from '../../../deploy/local/apply-manifests.js';
import { openKubeClient } from '../../../services/shared/kubernetes/kube-client.js';
import { startControlPlane } from '../control-plane.js';
import { eventually } from '../eventually.js';
import { startPostgres } from '../postgres.js';
import { startService } from '../service-process.js';
import { startTemporal } from '../temporal.js';

export const serviceToken = 'fuzz-service-token';
export const webhookToken = 'fuzz-webhook-token';

export interface ApisUnderTest {
  /** By name of the process. */
  readonly urls: Readonly<Record<string, string>>;
  /** Ends everything; gives the exit codes of the APIs. */
  stop(): Promise<Readonly<Record<string, number | null>>>;
}

/**
 * All four APIs as processes of their own, guarded as in production, with a real PostgreSQL, Temporal and API server, and
 * the two services found and scraped as pods. There is no worker: incidents stay as they were opened.
 */
export async function startApis(): Promise<ApisUnderTest> {
  const [postgres, temporal, plane] = await Promise.all([
    startPostgres(),
    startTemporal(),
    startControlPlane(),
  ]);
  const kube = openKubeClient({ kubeconfigPath: plane.kubeconfigs.admin, userAgent: 'fuzz' });
  await applyManifests(kube.raw, await readManifests('deploy/kubernetes'));
  const common = {
    RUNBOOK_ENVIRONMENT: 'production',
    LOG_LEVEL: 'info',
    SHUTDOWN_DRAIN_MS: '0',
    SERVICE_TOKEN: serviceToken,
    ALERT_WEBHOOK_TOKEN: webhookToken,
    TEMPORAL_ADDRESS: temporal.address,
    KUBECONFIG: plane.kubeconfigs.reader,
    DATABASE_URL: await postgres.createDatabase('runbooks'),
  };
  const ofServices = { ...common, DATABASE_URL: await postgres.createDatabase('services') };

  const monitoring = await startService('monitoring-api', common);
  const apis = {
    'monitoring-api': monitoring,
    'incident-api': await startService('incident-api', common),
    'inventory-api': await startService('inventory-api', ofServices),
    'outbound-api': await startService('outbound-api', {
      ...ofServices,
      MONITORING_URL: monitoring.url,
    }),
  };
  for (const { deployment } of Object.values(loadConfiguration(['configuration']).services)) {
    const { namespace, name } = deployment;
    const { host } = new URL(apis[name as keyof typeof apis].url);
    const pod = await eventually(`a pod of ${name}`, async () => {
      const { items } = await kube.core.listNamespacedPod({ namespace });
      return items.find(({ metadata }) => metadata?.name?.startsWith(`${name}-`))?.metadata?.name;
    });
    await kube.raw.patch(
      `/api/v1/namespaces/${namespace}/pods/${pod}`,
      { metadata: { annotations: { 'durable-runbooks.io/address': host } } },
      'application/merge-patch+json',
      { fieldManager: 'fuzz' },
    );
  }
  return {
    urls: Object.fromEntries(Object.entries(apis).map(([name, { url }]) => [name, url])),
    async stop() {
      const ended = Object.entries(apis).map(
        async ([name, api]) => [name, await api.terminate()] as const,
      );
      const codes = Object.fromEntries(await Promise.all(ended));
      await Promise.all([postgres.stop(), temporal.teardown(), plane.stop()]);
      return codes;
    },
  };
}
