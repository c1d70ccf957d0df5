import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import {
  applyManifests,
  readManifests,
  type Manifest,
} from '../../deploy/local/apply-manifests.js';
import type { ImageTable } from '../../deploy/local/images.js';
import type { Pod } from '../../deploy/local/kubernetes-json.js';
import { startNodeAgent, type NodeAgent } from '../../deploy/local/node-agent/node-agent.js';
import { identify } from '../../deploy/local/process-identity.js';
import {
  startServiceProxy,
  type ServiceProxy,
} from '../../deploy/local/service-proxy/service-proxy.js';
import { openKubeClient, type KubeClient } from '../../services/shared/kubernetes/kube-client.js';
import { startControlPlane, type ControlPlaneUnderTest } from '../support/control-plane.js';
import { eventually } from '../support/eventually.js';

const namespace = 'pods';
const nodeName = 'test-node';

/** A server that finishes what it has begun when it is told to stop. */
const server = `
  const server = require('node:http').createServer((request, response) => {
    const flags = process.env.FLAGS_DIR;
    if (stopping) response.setHeader('connection', 'close');
    response.end(flags ? require('node:fs').readFileSync(flags + '/mode', 'utf8') : process.env.POD);
  });
  let stopping = false;
  server.listen(process.env.PORT, process.env.HOST);
  process.on('SIGTERM', () => {
    stopping = true;
    setTimeout(() => server.close(() => { console.log('served all'); process.exit(0); }), 200);
  });`;
const images: ImageTable = {
  'server:1.0': { program: [process.execPath, '-e', server] },
  'script:1.0': { program: [process.execPath, '-e'] },
};

jest.setTimeout(60_000);

let plane: ControlPlaneUnderTest;
let stateDir: string;
let kube: KubeClient;
let agent: NodeAgent;
let proxy: ServiceProxy;

const startAgent = (): Promise<NodeAgent> =>
  startNodeAgent({ kubeconfigPath: plane.kubeconfigs.admin, nodeName, stateDir, images });

beforeAll(async () => {
  plane = await startControlPlane();
  stateDir = await mkdtemp(path.join(tmpdir(), 'node-agent-test-'));
  kube = openKubeClient({ kubeconfigPath: plane.kubeconfigs.admin, userAgent: 'test' });
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await applyManifests(kube.raw, await readManifests('deploy/local/manifests'));
  // Pods wait for the default service account of their namespace.
  await eventually('the namespace is ready', () =>
    kube.core.readNamespacedServiceAccount({ namespace, name: 'default' }),
  );
  agent = await startAgent();
  proxy = await startServiceProxy({
    kubeconfigPath: plane.kubeconfigs.admin,
    listeners: [{ namespace, service: 'web', port: 0 }],
  });
}, 120_000);

afterAll(async () => {
  await proxy.stop();
  await agent.stop();
  await plane.stop();
  await rm(stateDir, { recursive: true });
}, 30_000);

function apply(...manifests: Manifest[]): Promise<void> {
  return applyManifests(kube.raw, manifests);
}

/** The test's control plane has no scheduler: pods name their node. */
function podSpec(container: object, part: object = {}): object {
  return {
    nodeName,
    terminationGracePeriodSeconds: 5,
    containers: [{ name: 'main', image: 'script:1.0', ...container }],
    ...part,
  };
}

async function createPod(name: string, container: object, part?: object): Promise<void> {
  const metadata = { name, namespace };
  await apply({ apiVersion: 'v1', kind: 'Pod', metadata, spec: podSpec(container, part) });
}

async function readPod(name: string): Promise<Pod> {
  return (await kube.raw.get(`/api/v1/namespaces/${namespace}/pods/${name}`)) as Pod;
}

async function listPods(labelSelector: string): Promise<Pod[]> {
  const query = new URLSearchParams({ labelSelector }).toString();
  const path = `/api/v1/namespaces/${namespace}/pods?${query}`;
  return ((await kube.raw.get(path)) as { items: Pod[] }).items;
}

const statusOf = (pod: Pod): NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number] =>
  pod.status!.containerStatuses![0]!;

/** Resolves with the pod once its main container waits for that reason. */
function untilWaiting(name: string, reason: string): Promise<Pod> {
  return eventually(`pod ${name} waits: ${reason}`, async () => {
    const pod = await readPod(name);
    return statusOf(pod).state?.waiting?.reason === reason ? pod : undefined;
  });
}

function deployment(name: string, replicas: number, part: object): Manifest {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: { metadata: { labels }, ...part },
    },
  };
}

describe('a Deployment', () => {
  const web = (restart: string): Manifest =>
    deployment('web', 3, {
      metadata: { labels: { app: 'web' }, annotations: { restart } },
      spec: podSpec({
        image: 'server:1.0',
        ports: [{ containerPort: 8080 }],
        env: [{ name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
        readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
      }),
    });
  const rolledOut = (): Promise<true> =>
    eventually('three new pods run and no old ones', async () => {
      const { metadata, spec, status } = (await kube.raw.get(
        `/apis/apps/v1/namespaces/${namespace}/deployments/web`,
      )) as {
        metadata: { generation: number };
        spec: { replicas: number };
        status: Record<string, number>;
      };
      const { observedGeneration, replicas, updatedReplicas, availableReplicas } = status;
      return observedGeneration === metadata.generation &&
        [replicas, updatedReplicas, availableReplicas].every((count) => count === spec.replicas)
        ? true
        : undefined;
    });

  test('is restarted pod by pod without one failed request', async () => {
    await apply(web('first'), {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace },
      spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
    });
    await rolledOut();
    const url = proxy.urls['web']!;
    const before = (await listPods('app=web')).map(({ metadata }) => metadata?.name);
    const answered = new Set<string>();
    const enough = new AbortController();
    const asking = (async () => {
      while (!enough.signal.aborted) {
        const response = await fetch(url, {
          headers: { connection: 'close' },
          signal: AbortSignal.timeout(5_000),
        });
        answered.add(await response.text());
      }
    })();

    await apply(web('second'));
    await rolledOut();
    const after = (await listPods('app=web'))
      .filter(({ metadata }) => metadata?.deletionTimestamp === undefined)
      .map(({ metadata }) => metadata?.name);
    await eventually('the new pods have answered', () =>
      after.every((name) => answered.has(name ?? '')) ? true : undefined,
    );
    enough.abort();
    await asking;

    expect(after).toHaveLength(3);
    expect(after.some((name) => before.includes(name))).toBe(false);
  });

  test('gives pods made-up addresses and says where they really listen', async () => {
    for (const { metadata, status } of await listPods('app=web')) {
      expect(status?.podIP).toMatch(/^10\.244\.0\.\d+$/);
      const address = metadata?.annotations?.['durable-runbooks.io/address'] ?? '';
      const response = await fetch(`http://${address}`);
      expect(await response.text()).toBe(metadata?.name);
      const pid = Number(metadata?.annotations?.['durable-runbooks.io/pid']);
      expect(identify(pid)).not.toBeNull();
    }
  });

  test('has its usage measured', async () => {
    const metrics = await eventually('there are metrics of all pods', async () => {
      const { items } = (await kube.raw.get(
        `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods?labelSelector=app%3Dweb`,
      )) as { items: { containers: { usage: { cpu: string; memory: string } }[] }[] };
      return items.length >= 3 ? items : undefined;
    });
    const usage = metrics[0]!.containers[0]!.usage;
    expect(usage.cpu).toMatch(/^\d+n$/);
    expect(Number.parseInt(usage.memory)).toBeGreaterThan(10_000);
  });

  test('is started anew by another agent on the same node', async () => {
    await agent.stop();
    agent = await startAgent();
    const pods = await eventually('all pods are ready again', async () => {
      const found = await listPods('app=web');
      return found.every((pod) => statusOf(pod).restartCount === 1 && statusOf(pod).ready)
        ? found
        : undefined;
    });
    expect(statusOf(pods[0]!).lastState?.terminated?.exitCode).toBe(137);
    expect((await fetch(proxy.urls['web']!)).status).toBe(200);
  });
});

describe('a container', () => {
  test('that crashes is restarted with back-off', async () => {
    await createPod('crashing', { args: ['process.exit(3)'] });
    const status = statusOf(await untilWaiting('crashing', 'CrashLoopBackOff'));
    expect(status.lastState?.terminated).toMatchObject({ exitCode: 3, reason: 'Error' });
  });

  test('beyond its memory limit is killed', async () => {
    const hoard = 'const hoard = []; setInterval(() => hoard.push(Buffer.alloc(10e6, 1)), 20)';
    await createPod('hoarding', { args: [hoard], resources: { limits: { memory: '150Mi' } } });
    const terminated = await eventually('it is out of memory', async () => {
      const { state, lastState } = statusOf(await readPod('hoarding'));
      return state?.terminated ?? lastState?.terminated;
    });
    expect(terminated).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
  });

  test('of an unknown image is not started', async () => {
    await createPod('unknown', { image: 'server:9.9' });
    const pod = await untilWaiting('unknown', 'ImagePullBackOff');
    expect(pod.status?.phase).toBe('Pending');
  });

  test('waits for a Secret that does not exist yet', async () => {
    const env = [{ name: 'URL', valueFrom: { secretKeyRef: { name: 'late', key: 'url' } } }];
    await createPod('waiting', { args: ['console.log(process.env.URL)'], env });
    const status = statusOf(await untilWaiting('waiting', 'CreateContainerConfigError'));
    expect(status.state?.waiting?.message).toBe('secret "late" not found');

    const metadata = { name: 'late', namespace };
    await apply({ apiVersion: 'v1', kind: 'Secret', metadata, stringData: { url: 'here' } });
    await eventually('it has run with the value', async () => {
      const log = await logOf('waiting').catch(() => '');
      return log.includes('here') ? true : undefined;
    });
  });

  test('that hangs is restarted when its liveness probe says so', async () => {
    const tick = { exec: { command: [process.execPath, '-e', 'process.exit(1)'] } };
    await createPod('hanging', {
      args: ['setInterval(() => 0, 1000)'],
      livenessProbe: { ...tick, periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 1 },
    });
    await eventually('it was restarted', async () =>
      statusOf(await readPod('hanging')).restartCount > 0 ? true : undefined,
    );
  });

  test('asking for something the agent cannot do says so instead of leaving it out', async () => {
    const initContainers = [{ name: 'first', image: 'script:1.0', args: ['1'] }];
    await createPod('demanding', { args: ['1'] }, { initContainers });
    const status = statusOf(await untilWaiting('demanding', 'ContainerCreating'));
    expect(status.state?.waiting?.message).toContain('does not support initContainers');
  });
});

test('a mounted ConfigMap changes under the running process', async () => {
  const metadata = { name: 'flags', namespace };
  const flags = (mode: string): Manifest => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata,
    data: { mode },
  });
  await apply(flags('read-write'));
  await createPod(
    'flagged',
    {
      image: 'server:1.0',
      ports: [{ containerPort: 8080 }],
      env: [{ name: 'FLAGS_DIR', value: '/etc/flags' }],
      volumeMounts: [{ name: 'flags', mountPath: '/etc/flags' }],
      readinessProbe: { tcpSocket: { port: 8080 } },
    },
    { volumes: [{ name: 'flags', configMap: { name: 'flags' } }] },
  );
  const pod = await eventually('it is ready', async () => {
    const found = await readPod('flagged');
    return statusOf(found).ready ? found : undefined;
  });
  const address = pod.metadata?.annotations?.['durable-runbooks.io/address'] ?? '';
  const mode = async (): Promise<string> => (await fetch(`http://${address}`)).text();
  expect(await mode()).toBe('read-write');

  await apply(flags('read-only'));
  await eventually('it reads the new mode', async () =>
    (await mode()) === 'read-only' ? true : undefined,
  );
});

describe('a Job', () => {
  const run = (name: string, script: string): Promise<void> =>
    apply({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name, namespace },
      spec: {
        backoffLimit: 0,
        template: { spec: podSpec({ args: [script] }, { restartPolicy: 'Never' }) },
      },
    });
  const ended = (name: string): Promise<string> =>
    eventually(`job ${name} has ended`, async () => {
      const { status } = await kube.batch.readNamespacedJob({ namespace, name });
      return status?.conditions?.find(
        ({ type, status }) => ['Complete', 'Failed'].includes(type) && status === 'True',
      )?.type;
    });

  test('completes or fails with its process, and its pod stays to be looked at', async () => {
    await run('good', 'console.log("moved 3 rows")');
    await run('bad', 'process.exit(5)');

    expect(await ended('good')).toBe('Complete');
    expect(await ended('bad')).toBe('Failed');
    const [good] = await listPods('job-name=good');
    const [bad] = await listPods('job-name=bad');
    expect(good?.status?.phase).toBe('Succeeded');
    expect(bad?.status?.phase).toBe('Failed');
    expect(statusOf(bad!).state?.terminated?.exitCode).toBe(5);
    expect(await logOf(good?.metadata?.name ?? '')).toBe('moved 3 rows\n');
  });
});

describe('the deletion of a pod', () => {
  const remove = async (name: string): Promise<Pod> => {
    const pod = await readPod(name);
    await kube.core.deleteNamespacedPod({ namespace, name });
    await eventually(`pod ${name} is gone`, async () => {
      const gone = await readPod(name).then(
        () => false,
        () => true,
      );
      return gone ? true : undefined;
    });
    return pod;
  };
  const running = (name: string): Promise<true> =>
    eventually('it has started', async () =>
      (await logOf(name).catch(() => '')).includes('started') ? true : undefined,
    );

  test('lets the process finish', async () => {
    const script =
      'console.log("started"); process.on("SIGTERM", () => { console.log("bye"); process.exit(0); }); setInterval(() => 0, 1000)';
    await createPod('polite', { args: [script] });
    await running('polite');
    await remove('polite');
    expect(await logOf('polite')).toBe('started\nbye\n');
  });

  test('kills a process that does not end within its grace period', async () => {
    const script =
      'console.log("started"); process.on("SIGTERM", () => console.log("no")); setInterval(() => 0, 1000)';
    await createPod('stubborn', { args: [script] }, { terminationGracePeriodSeconds: 1 });
    await running('stubborn');
    const pid = Number(
      (await readPod('stubborn')).metadata?.annotations?.['durable-runbooks.io/pid'],
    );
    await remove('stubborn');
    expect(identify(pid)).toBeNull();
    expect(await logOf('stubborn')).toBe('started\nno\n');
  });

  test('tells the process once to end, also when it was about to be restarted', async () => {
    const script =
      'console.log("started"); process.on("SIGTERM", () => console.log("told")); setInterval(() => 0, 1000)';
    const sick = { exec: { command: [process.execPath, '-e', 'process.exit(1)'] } };
    await createPod(
      'sick',
      {
        args: [script],
        livenessProbe: { ...sick, periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 1 },
      },
      { terminationGracePeriodSeconds: 3 },
    );
    await eventually('its probe has failed', async () =>
      (await logOf('sick').catch(() => '')).includes('told') ? true : undefined,
    );
    await remove('sick');
    expect(await logOf('sick')).toBe('started\ntold\n');
  });

  test('works for a pod that never started', async () => {
    await createPod('never', { image: 'server:9.9' });
    await untilWaiting('never', 'ImagePullBackOff');
    await remove('never');
  });
});

/** The log of the pod's main container. */
async function logOf(pod: string): Promise<string> {
  const logs = path.join(stateDir, 'logs');
  const folder = (await readdir(logs)).find((name) => name.startsWith(`${namespace}_${pod}_`));
  return readFile(path.join(logs, folder ?? pod, 'main.log'), 'utf8');
}
