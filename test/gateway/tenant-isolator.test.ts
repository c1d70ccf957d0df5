import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { applyManifests, readManifests } from '../../deploy/local/apply-manifests.js';
import { localImages } from '../../deploy/local/images.js';
import type { NodeAgent } from '../../deploy/local/node-agent/node-agent.js';
import { startNodeAgent } from '../../deploy/local/node-agent/node-agent.js';
import { readIsolations } from '../../services/shared/flags/isolations.js';
import type { KubeClient } from '../../services/shared/kubernetes/kube-client.js';
import { openKubeClient } from '../../services/shared/kubernetes/kube-client.js';
import { packageFolder } from '../../services/shared/storage/package-folder.js';
import { parseArguments } from '../../services/tenant-isolator/arguments.js';
import { changeIsolations } from '../../services/tenant-isolator/change-isolations.js';
import type { ControlPlaneUnderTest } from '../support/control-plane.js';
import { startControlPlane } from '../support/control-plane.js';
import { eventually } from '../support/eventually.js';

const namespace = 'supply-chain';
const nodeName = 'test-node';
const configMap = 'tenant-isolation';

jest.setTimeout(60_000);

let plane: ControlPlaneUnderTest;
let stateDir: string;
let admin: KubeClient;
let isolator: KubeClient;
let agent: NodeAgent;

beforeAll(async () => {
  plane = await startControlPlane();
  stateDir = await mkdtemp(path.join(tmpdir(), 'tenant-isolator-test-'));
  admin = openKubeClient({ kubeconfigPath: plane.kubeconfigs.admin, userAgent: 'test' });
  isolator = openKubeClient({ kubeconfigPath: plane.kubeconfigs.isolator, userAgent: 'test' });
  const manifests = await readManifests('deploy/kubernetes');
  const wanted = ['Namespace', 'ServiceAccount', 'Role', 'RoleBinding', 'ConfigMap', 'CronJob'];
  await applyManifests(admin.raw, await readManifests('deploy/local/manifests'));
  await applyManifests(
    admin.raw,
    manifests.filter(({ kind }) => wanted.includes(kind)),
  );
  agent = await startNodeAgent({
    kubeconfigPath: plane.kubeconfigs.admin,
    nodeName,
    stateDir,
    images: localImages(plane.kubeconfigs.isolator),
  });
}, 120_000);

afterAll(async () => {
  await agent.stop();
  await plane.stop();
  await rm(stateDir, { recursive: true });
}, 30_000);

beforeEach(async () => {
  const kept = Object.keys(await entries());
  await admin.core.patchNamespacedConfigMap({
    name: configMap,
    namespace,
    body: kept.map((key) => ({ op: 'remove', path: `/data/${key}` })),
  });
});

async function entries(): Promise<Record<string, string>> {
  const { data = {} } = await admin.core.readNamespacedConfigMap({ name: configMap, namespace });
  return data;
}

function change(args: readonly string[], request: string): ReturnType<typeof changeIsolations> {
  return changeIsolations(parseArguments(args), {
    api: isolator.raw,
    namespace,
    configMap,
    request,
  });
}

/** The part of the CronJob that a Job is made from. */
interface JobTemplate {
  readonly metadata: object;
  readonly spec: {
    readonly template: { readonly spec: { nodeName?: string; containers: { args: string[] }[] } };
  };
}

/** A Job made from the CronJob's template, as `kubectl create job --from` makes it, with arguments of its own. */
async function runJob(name: string, args: string[]): Promise<'succeeded' | 'failed'> {
  const base = `/apis/batch/v1/namespaces/${namespace}`;
  const cronJob = (await admin.raw.get(`${base}/cronjobs/tenant-isolator`)) as {
    spec: { jobTemplate: JobTemplate };
  };
  const { metadata, spec } = cronJob.spec.jobTemplate;
  const pod = spec.template.spec;
  for (const container of pod.containers) container.args = args;
  // The test's control plane has no scheduler: pods name their node.
  pod.nodeName = nodeName;
  await applyManifests(admin.raw, [
    { apiVersion: 'batch/v1', kind: 'Job', metadata: { ...metadata, name, namespace }, spec },
  ]);
  return eventually(
    `job ${name} ends`,
    async () => {
      const { status } = await admin.batch.readNamespacedJob({ name, namespace });
      if ((status?.succeeded ?? 0) > 0) return 'succeeded' as const;
      return (status?.failed ?? 0) > 0 ? ('failed' as const) : undefined;
    },
    30_000,
  );
}

test('a Job made from the CronJob isolates and another one releases', async () => {
  const who = ['--tenant-id=acme', '--warehouse-id=north'];

  expect(await runJob('isolate-1', [...who, '--mode=read-only', '--reroute-to=south'])).toBe(
    'succeeded',
  );

  const { isolations, faults } = readIsolations(
    new Map(Object.entries(await entries())),
    new Map(),
  );
  expect(faults).toEqual([]);
  expect(isolations.get('acme.north')).toMatchObject({ mode: 'read-only', rerouteTo: 'south' });
  expect((await entries())['acme.north']).toContain('"request":"isolate-1"');

  expect(await runJob('release-1', [...who, '--release'])).toBe('succeeded');
  expect(await entries()).toEqual({});
});

test('a Job without a mode fails and changes nothing', async () => {
  expect(await runJob('isolate-nothing', ['--tenant-id=acme'])).toBe('failed');
  expect(await entries()).toEqual({});
});

test('many runs at once lose none of their entries', async () => {
  const tenants = Array.from({ length: 8 }, (_, i) => `tenant-${i}`);

  await Promise.all(tenants.map((id) => change([`--tenant-id=${id}`, '--mode=read-only'], id)));

  expect(Object.keys(await entries()).sort()).toEqual(tenants);
});

test('a repeated attempt of one run does not even write', async () => {
  const args = ['--tenant-id=acme', '--mode=block-outbound'];
  await change(args, 'job-1');
  const before = await admin.core.readNamespacedConfigMap({ name: configMap, namespace });

  await change(args, 'job-1');

  const after = await admin.core.readNamespacedConfigMap({ name: configMap, namespace });
  expect(after.metadata?.resourceVersion).toBe(before.metadata?.resourceVersion);
  expect(after.metadata?.labels).toMatchObject({ 'durable-runbooks.io/temporary': 'isolation' });
});

test('applying the manifests again leaves isolations in force', async () => {
  await change(['--tenant-id=acme', '--mode=read-only'], 'job-1');

  const manifests = await readManifests('deploy/kubernetes');
  await applyManifests(
    admin.raw,
    manifests.filter(({ kind }) => kind === 'ConfigMap'),
  );

  expect(Object.keys(await entries())).toEqual(['acme']);
});

test('the program may touch no other ConfigMap', async () => {
  const order = parseArguments(['--tenant-id=acme', '--mode=read-only']);
  const options = { api: isolator.raw, namespace, request: 'job-1' };

  await expect(
    changeIsolations(order, { ...options, configMap: 'inventory-flags' }),
  ).rejects.toThrow(
    'could not change configmap supply-chain/inventory-flags: the API server refused; the program needs get and patch on it',
  );
});

test('the program ends with 2 and says what is wrong when it is asked for nothing possible', async () => {
  const main = packageFolder('dist/services/tenant-isolator/main.js');
  const run = new Promise<{ code: unknown; stdout: string }>((resolve) => {
    execFile(process.execPath, [main, '--tenant-id=acme'], { env: {} }, (error, stdout) => {
      resolve({ code: error?.code, stdout });
    });
  });

  const { code, stdout } = await run;

  expect(code).toBe(2);
  expect(stdout).toContain('--mode is missing');
});
