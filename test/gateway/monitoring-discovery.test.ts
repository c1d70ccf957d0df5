import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { loadConfiguration } from '../../configuration/load-configuration.js';
import { applyManifests, readManifests } from '../../deploy/local/apply-manifests.js';
import { createPodSource } from '../../services/monitoring-api/discovery.js';
import type { PodSource } from '../../services/monitoring-api/discovery.js';
import { openKubeClient } from '../../services/shared/kubernetes/kube-client.js';
import type { KubeClient } from '../../services/shared/kubernetes/kube-client.js';
import { startControlPlane } from '../support/control-plane.js';
import type { ControlPlaneUnderTest } from '../support/control-plane.js';
import { eventually } from '../support/eventually.js';

jest.setTimeout(60_000);

let plane: ControlPlaneUnderTest;
let admin: KubeClient;
let source: PodSource;
const { deployment } = loadConfiguration(['configuration']).services['inventory']!;

beforeAll(async () => {
  plane = await startControlPlane();
  admin = openKubeClient({ kubeconfigPath: plane.kubeconfigs.admin, userAgent: 'test' });
  const reader = openKubeClient({ kubeconfigPath: plane.kubeconfigs.reader, userAgent: 'test' });
  source = createPodSource(reader, deployment);
  await applyManifests(admin.raw, await readManifests('deploy/kubernetes'));
}, 120_000);

afterAll(async () => {
  await plane.stop();
}, 30_000);

test('the reader sees the pods of one Deployment, with their revision and the address they are given', async () => {
  const [first] = await eventually('pods of the Deployment exist', async () => {
    const pods = await source.list();
    return pods.length > 0 ? pods : undefined;
  });
  expect(first?.name).toMatch(new RegExp(`^${deployment.name}-${first?.templateHash ?? '-'}-`));
  expect(first).toMatchObject({ ready: false, address: null });

  await admin.raw.patch(
    `/api/v1/namespaces/${deployment.namespace}/pods/${first?.name ?? ''}`,
    { metadata: { annotations: { 'durable-runbooks.io/address': '127.0.0.1:4711' } } },
    'application/merge-patch+json',
    { fieldManager: 'test' },
  );
  await eventually('the address of the pod is seen', async () =>
    (await source.list()).some(
      ({ name, address }) => name === first?.name && address === '127.0.0.1:4711',
    )
      ? true
      : undefined,
  );
  const names = (await source.list()).map(({ name }) => name);
  expect(names.every((name) => name.startsWith(`${deployment.name}-`))).toBe(true);
});

test('a Deployment that does not exist is an error, not an empty list', async () => {
  const nobody = createPodSource(admin, { ...deployment, name: 'nobody' });
  await expect(nobody.list()).rejects.toMatchObject({ code: 404 });
});
