import type { Outcome, TimelineEvent } from '../../activities/contracts/registry.contract.js';
import type { IncidentDetail, IncidentReader } from '../../deploy/local/incident-reader.js';
import { incidentReader } from '../../deploy/local/incident-reader.js';
import type { OpenStackOptions, StackHandle } from '../../deploy/local/open-stack.js';
import { closeStack, openStack } from '../../deploy/local/open-stack.js';
import type { DrillWorld } from '../../deploy/local/scenarios/scenario.js';
import type { Traffic } from '../../deploy/local/traffic.js';
import { startTraffic } from '../../deploy/local/traffic.js';
import { openKubeClient } from '../../services/shared/kubernetes/kube-client.js';
import { eventually } from './eventually.js';

const namespace = 'supply-chain';

/** A Deployment as a test looks at it. */
export interface DeploymentState {
  /** Rises by one with every change of the spec: the API server's own count of mutations. */
  readonly generation: number;
  readonly annotations: Readonly<Record<string, string>>;
  readonly template: { readonly metadata: unknown; readonly spec: unknown };
}

export interface ClosedIncident extends IncidentDetail {
  readonly outcome: Outcome;
  summaries(pattern: RegExp): TimelineEvent[];
}

/** The real local stack under real traffic, with eyes and hands for tests. */
export interface TestStack {
  readonly handle: StackHandle;
  readonly world: DrillWorld;
  readonly incidents: IncidentReader;
  /** Every service meets its objectives, no alert fires, and no incident is open. */
  untilCalm(): Promise<void>;
  deployment(name: string): Promise<DeploymentState>;
  untilOpened(service: string, since: number): Promise<string>;
  untilTold(incident: string, pattern: RegExp, withinMs?: number): Promise<TimelineEvent>;
  untilClosed(incident: string, withinMs?: number): Promise<ClosedIncident>;
  postAlerts(body: unknown, token?: string): Promise<Response>;
  close(): Promise<void>;
}

export async function openTestStack(options: OpenStackOptions): Promise<TestStack> {
  await closeStack(options.name, true);
  const handle = await openStack({
    ...options,
    onProgress: (line) => process.stderr.write(`${line}\n`),
  });
  const { info, secrets } = handle;
  const kube = openKubeClient({
    kubeconfigPath: info.kubeconfigs.admin,
    userAgent: 'durable-runbooks-test',
  });
  const incidents = incidentReader(info.urls.incidentApi, secrets.serviceToken);
  const traffic: Traffic = startTraffic({ targets: info.urls.services, ratePerSecond: 30 });

  const json = async (url: string): Promise<unknown> =>
    (await fetch(url, { signal: AbortSignal.timeout(5_000) })).json();

  const read = async (kind: string, name = ''): Promise<unknown> =>
    kube.raw.get(`/apis/apps/v1/namespaces/${namespace}/${kind}${name && `/${name}`}`);

  return {
    handle,
    world: { info, secrets, kube },
    incidents,
    untilCalm: async () => {
      await eventually(
        'every service healthy, no alert firing, no incident open',
        async () => {
          const [health, alerts, list] = (await Promise.all([
            json(`${info.urls.monitoringApi}/monitoring/health`),
            json(`${info.urls.monitoringApi}/monitoring/alerts`),
            json(`${info.urls.incidentApi}/incidents?limit=20`),
          ])) as [
            { status: string },
            { active: { state: string }[] },
            { incidents: { outcome: string | null }[] },
          ];
          const firing = alerts.active.some(({ state }) => state === 'firing');
          const open = list.incidents.some(({ outcome }) => outcome === null);
          return health.status === 'ok' && !firing && !open ? true : undefined;
        },
        150_000,
      );
    },
    deployment: async (name) => {
      const { metadata, spec } = (await read('deployments', name)) as {
        metadata: { generation: number; annotations: Record<string, string> };
        spec: { template: DeploymentState['template'] };
      };
      return {
        generation: metadata.generation,
        annotations: metadata.annotations,
        template: spec.template,
      };
    },
    untilOpened: (service, since) =>
      eventually(
        `an incident of ${service}`,
        async () => (await incidents.newest(service, new Date(since).toISOString())) ?? undefined,
        60_000,
      ),
    untilTold: (incident, pattern, withinMs = 60_000) =>
      eventually(
        `${incident} tells ${String(pattern)}`,
        async () =>
          (await incidents.detail(incident)).timeline.find(({ summary }) => pattern.test(summary)),
        withinMs,
      ),
    untilClosed: async (incident, withinMs = 150_000) =>
      eventually(
        `${incident} is closed`,
        async () => {
          const detail = await incidents.detail(incident);
          const { outcome } = detail.incident;
          if (outcome === null) return undefined;
          return {
            ...detail,
            outcome,
            summaries: (pattern) => detail.timeline.filter(({ summary }) => pattern.test(summary)),
          };
        },
        withinMs,
      ),
    postAlerts: (body, token = secrets.alertWebhookToken) =>
      fetch(`${info.urls.incidentApi}/webhooks/alertmanager`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(10_000),
      }),
    close: async () => {
      await traffic.stop();
      await handle.close();
    },
  };
}
