import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { execa } from 'execa';
import type {
  ApplyMutationInput,
  DeploymentFacts,
  DeploymentTarget,
  Intent,
  KubernetesActivities,
  Mutation,
  Receipt,
} from '../../activities/contracts/kubernetes.contract.js';
import { createKubernetesActivities } from '../../activities/kubernetes/create-kubernetes-activities.js';
import type { RawDeployment, RawReplicaSet } from '../../activities/kubernetes/raw-objects.js';
import { openKubeClient, type KubeClient } from '../../services/shared/kubernetes/kube-client.js';
import { inverseOf } from '../../workflows/policies/undo.js';
import { startControlPlane, type ControlPlaneUnderTest } from '../support/control-plane.js';
import { startCuttingProxy, type CuttingProxy } from '../support/cutting-proxy.js';
import { eventually } from '../support/eventually.js';

const namespace = 'supply-chain';
const fieldManager = 'durable-runbooks';

// The controllers of a fresh cluster take their time at first.
jest.setTimeout(30_000);

let plane: ControlPlaneUnderTest;
let proxy: CuttingProxy;
let farKubeconfig: string;
let kube: KubeClient;
let activities: KubernetesActivities;

beforeAll(async () => {
  plane = await startControlPlane();
  proxy = await startCuttingProxy(plane.apiServerPort);
  const near = await readFile(plane.kubeconfigs.admin, 'utf8');
  farKubeconfig = `${plane.kubeconfigs.admin}.far`;
  await writeFile(farKubeconfig, near.replace(`:${plane.apiServerPort}`, `:${proxy.port}`));
  kube = openKubeClient({ kubeconfigPath: plane.kubeconfigs.admin, userAgent: 'test' });
  activities = createKubernetesActivities({ kube, fieldManager });
  await applyObject(`/api/v1/namespaces/${namespace}`, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace },
  });
}, 120_000);

afterAll(async () => {
  await proxy.stop();
  await plane.stop();
}, 30_000);

describe('previewing mutations', () => {
  test('shows the diff of the server and changes nothing', async () => {
    const target = await deploy('preview', ['1.0', '1.1']);
    const before = await readRaw(target);

    const { mutations } = await activities.previewMutations({
      idPrefix: 'run/step',
      intents: [await backTo(target, '1.0')],
    });

    expect(mutations).toHaveLength(1);
    expect(mutations[0]).toMatchObject({
      id: 'run/step/0',
      objectUid: before.metadata.uid,
      summary: 'deployment supply-chain/preview: back to revision 1 (image shop:1.0)',
    });
    expect(mutations[0]!.diff).toContain('-        - image: shop:1.1\n');
    expect(mutations[0]!.diff).toContain('+        - image: shop:1.0\n');
    expect(mutations[0]!.digestAfter).not.toBe(mutations[0]!.digestBefore);
    const after = await readRaw(target);
    expect(after.spec).toEqual(before.spec);
    expect(after.metadata.generation).toBe(before.metadata.generation);
    // Neither our marks nor us among those who manage its fields.
    expect(JSON.stringify(after)).not.toContain('durable-runbooks');
  });

  test('keeps nothing of the object that an approver need not see: literal secrets stay in the cluster', async () => {
    const target = await deploy('literal', ['1.0']);
    await patchAsPerson(target, [
      {
        op: 'add',
        path: '/spec/template/spec/containers/0/env',
        value: [{ name: 'DB_PASSWORD', value: 'hunter2' }],
      },
    ]);
    await eventually('the revision with the secret is there', async () => {
      const { revisions } = await activities.inspectDeployment(target);
      return revisions.length === 2 ? true : undefined;
    });
    const mutation = await plan(await backTo(target, '1.0'));

    expect(mutation.diff).toContain('DB_PASSWORD');
    expect(mutation.undo).not.toBeNull();
    expect(JSON.stringify(mutation)).not.toContain('hunter2');
    expect(JSON.stringify(mutation).length).toBeLessThan(4_000);
  });

  test('hashes the plan by what it does: scaling does not move it, another template does', async () => {
    const target = await deploy('hashed', ['1.0', '1.1']);
    const intents = [await backTo(target, '1.0')];
    const hashNow = async () =>
      (await activities.previewMutations({ idPrefix: 'run/step', intents })).planHash;

    const first = await hashNow();
    await patchAsPerson(target, [{ op: 'replace', path: '/spec/replicas', value: 3 }]);
    expect(await hashNow()).toBe(first);
    await setImage(target, 'shop:1.2');
    expect(await hashNow()).not.toBe(first);
  });

  test('refuses a revision that is gone, a paused Deployment and one that does not exist', async () => {
    const target = await deploy('refused', ['1.0', '1.1']);
    const restart = restartOf(target);
    const preview = (intent: Intent) =>
      activities.previewMutations({ idPrefix: 'x', intents: [intent] });

    await expect(
      preview({ change: 'restore-revision', target, replicaSetUid: 'gone', revision: 7 }),
    ).rejects.toMatchObject({ type: 'TargetNotFound', nonRetryable: true });
    await patchAsPerson(target, [{ op: 'add', path: '/spec/paused', value: true }]);
    await expect(preview(restart)).rejects.toMatchObject({ type: 'InvalidResource' });
    await expect(
      preview({ ...restart, target: { ...target, name: 'nobody' } }),
    ).rejects.toMatchObject({
      type: 'TargetNotFound',
      message: 'could not read deployment supply-chain/nobody: deployments.apps "nobody" not found',
    });
  });
});

describe('applying a mutation', () => {
  test('changes the object once, however often it is repeated', async () => {
    const target = await deploy('twice', ['1.0', '1.1']);
    const before = await readRaw(target);
    const input = applyInput(await plan(await backTo(target, '1.0')));

    const first = await apply(input);
    const second = await apply(input);

    expect(first).toMatchObject({
      mutationId: input.mutation.id,
      generation: before.metadata.generation + 1,
      fence: 100,
      alreadyApplied: false,
    });
    expect(second).toEqual({
      ...first,
      alreadyApplied: true,
      resourceVersion: expect.any(String),
    });
    const after = await readRaw(target);
    expect(after.metadata.generation).toBe(first.generation);
    expect(imageOf(after)).toBe('shop:1.0');
    expect(after.metadata.annotations).toMatchObject({
      'durable-runbooks.io/mutation': input.mutation.id,
      'durable-runbooks.io/incident': 'shop-7',
      'durable-runbooks.io/fence': '100',
      'durable-runbooks.io/applied-at': first.appliedAt,
      'kubernetes.io/change-cause': 'release 1.0 (rolled back to by shop-7)',
    });
  });

  test('changes the object once when eight workers try at the same time', async () => {
    const target = await deploy('crowd', ['1.0', '1.1']);
    const before = await readRaw(target);
    const input = applyInput(await plan(await backTo(target, '1.0')));

    const receipts = await Promise.all(Array.from({ length: 8 }, () => apply(input)));

    expect(receipts.filter(({ alreadyApplied }) => !alreadyApplied)).toHaveLength(1);
    expect(new Set(receipts.map(({ appliedAt }) => appliedAt)).size).toBe(1);
    expect((await readRaw(target)).metadata.generation).toBe(before.metadata.generation + 1);
  });

  test('recognises its own work when the answer was lost on the way', async () => {
    const target = await deploy('lost', ['1.0', '1.1']);
    const before = await readRaw(target);
    const input = applyInput(await plan(await backTo(target, '1.0')));
    const far = openFar();
    const losing: KubeClient['raw'] = {
      get: (path) => far.raw.get(path),
      patch: (...request) => {
        proxy.loseAnswers();
        return far.raw.patch(...request).finally(() => {
          proxy.restore();
        });
      },
    };
    const remote = createKubernetesActivities({ kube: { raw: losing }, fieldManager });

    const receipt = await attempt().run(remote.applyMutation, input);

    expect(receipt).toMatchObject({
      alreadyApplied: true,
      generation: before.metadata.generation + 1,
    });
    expect((await readRaw(target)).metadata.generation).toBe(before.metadata.generation + 1);
  });

  test.each(['before the read', 'after the read', 'before the patch', 'after the patch'])(
    'changes the object once when its worker dies %s and another takes over',
    async (moment) => {
      const target = await deploy(`killed-${moment.replaceAll(' ', '-')}`, ['1.0', '1.1']);
      const before = await readRaw(target);
      const input = applyInput(await plan(await backTo(target, '1.0')));
      let isDead = false;
      const dying = createKubernetesActivities({
        kube: { raw: dieAt(moment, () => (isDead = true)) },
        fieldManager,
      });

      // Of a dead worker nobody hears again.
      void attempt().run(dying.applyMutation, input);
      await eventually('the worker is dead', () => isDead || undefined);
      const receipt = await apply(input);

      expect(receipt.alreadyApplied).toBe(moment === 'after the patch');
      expect(receipt.generation).toBe(before.metadata.generation + 1);
      const after = await readRaw(target);
      expect(after.metadata.generation).toBe(before.metadata.generation + 1);
      expect(imageOf(after)).toBe('shop:1.0');
    },
  );

  test('gives up when somebody changed the template after the plan was made', async () => {
    const target = await deploy('edited', ['1.0', '1.1']);
    const input = applyInput(await plan(await backTo(target, '1.0')));
    await setImage(target, 'shop:1.2');

    await expect(apply(input)).rejects.toMatchObject({ type: 'PlanChanged', nonRetryable: true });
    expect(imageOf(await readRaw(target))).toBe('shop:1.2');
  });

  test('gives up when a later action was here', async () => {
    const target = await deploy('fenced', ['1.0', '1.1']);
    const mutation = await plan(await backTo(target, '1.0'));
    await apply({ ...applyInput(mutation), fence: 200 });

    const late = applyInput({ ...mutation, id: 'another/0' });
    await expect(apply({ ...late, fence: 199 })).rejects.toMatchObject({
      type: 'FenceLost',
      nonRetryable: true,
    });
  });

  test('gives up when the object was deleted and made anew', async () => {
    const target = await deploy('reborn', ['1.0', '1.1']);
    const input = applyInput(await plan(await backTo(target, '1.0')));
    await kube.apps.deleteNamespacedDeployment({ name: target.name, namespace });
    await eventually('the old object is gone', () =>
      readRaw(target).then(
        () => undefined,
        () => true,
      ),
    );
    await deploy('reborn', ['1.1']);

    await expect(apply(input)).rejects.toMatchObject({ type: 'PlanChanged' });
  });

  test('sends nothing when the attempt has outlived its time', async () => {
    const target = await deploy('zombie', ['1.0', '1.1']);
    const before = await readRaw(target);
    const input = applyInput(await plan(await backTo(target, '1.0')));

    await expect(
      attempt({ startToCloseTimeoutMs: 0 }).run(activities.applyMutation, input),
    ).rejects.toMatchObject({ type: 'StaleResource' });
    expect((await readRaw(target)).metadata.generation).toBe(before.metadata.generation);
  });

  test('gets through while the object is being written to all the time', async () => {
    const target = await deploy('busy', ['1.0', '1.1']);
    const input = applyInput(await plan(await backTo(target, '1.0')));
    const busy = new AbortController();
    const writer = (async () => {
      for (let count = 0; !busy.signal.aborted; count += 1) {
        await patchAsPerson(target, [
          { op: 'add', path: '/metadata/labels/count', value: String(count) },
        ]);
      }
    })();

    // Retried as the server would retry it.
    const receipt = await eventually('it is applied', () => apply(input));
    busy.abort();
    await writer;

    expect(receipt.mutationId).toBe(input.mutation.id);
    expect(imageOf(await readRaw(target))).toBe('shop:1.0');
  });

  test('is undone to the very template that stood before', async () => {
    const target = await deploy('undone', ['1.0', '1.1']);
    const before = await readRaw(target);
    const mutation = await plan(await backTo(target, '1.0'));
    await apply(applyInput(mutation));

    await apply({
      ...applyInput(inverseOf(mutation)!),
      fence: 101,
    });

    const after = await readRaw(target);
    expect(JSON.stringify(after.spec)).toBe(JSON.stringify(before.spec));
  });

  test('is refused without the right to patch', async () => {
    const target = await deploy('guarded', ['1.0', '1.1']);
    const reader = openKubeClient({ kubeconfigPath: plane.kubeconfigs.reader, userAgent: 'test' });
    const powerless = createKubernetesActivities({ kube: reader, fieldManager });

    await expect(powerless.inspectDeployment(target)).rejects.toMatchObject({
      type: 'Forbidden',
      nonRetryable: true,
      message: expect.stringContaining('runbook-reader'),
    });
  });
});

const kubectl = '/usr/bin/kubectl';
(existsSync(kubectl) ? describe : describe.skip)('next to kubectl (where it is installed)', () => {
  test('a rollback gives the template that kubectl rollout undo gives', async () => {
    const ours = await deploy('undo-ours', ['1.0', '1.1', '1.2']);
    const theirs = await deploy('undo-theirs', ['1.0', '1.1', '1.2']);

    await apply(applyInput(await plan(await backTo(ours, '1.0'))));
    await runKubectl('rollout', 'undo', 'deployment/undo-theirs', '--to-revision=1');

    expect(await templateOf(ours)).toEqual(await templateOf(theirs));
  });

  test('a rollback leaves annotations alone that kubectl rollout undo takes away', async () => {
    const ours = await deploy('notes-ours', ['1.0', '1.1']);
    await patchAsPerson(ours, [{ op: 'add', path: '/metadata/annotations/note', value: 'kept' }]);

    await apply(applyInput(await plan(await backTo(ours, '1.0'))));

    expect((await readRaw(ours)).metadata.annotations).toMatchObject({ note: 'kept' });
  });

  test('a restart differs from kubectl rollout restart in the time alone', async () => {
    const ours = await deploy('restart-ours', ['1.0']);
    const theirs = await deploy('restart-theirs', ['1.0']);

    await apply(applyInput(await plan(restartOf(ours))));
    await runKubectl('rollout', 'restart', 'deployment/restart-theirs');

    const key = 'kubectl.kubernetes.io/restartedAt';
    const [mine, kubectls] = [await templateOf(ours), await templateOf(theirs)];
    expect(mine.metadata.annotations).toEqual({ [key]: '2026-11-24T10:00:00Z' });
    expect(Object.keys(kubectls.metadata.annotations ?? {})).toEqual([key]);
    const neutral = (template: typeof mine) => ({ ...template, metadata: null });
    expect(neutral(mine)).toEqual(neutral(kubectls));
  });

  test('kubectl rollout history shows the release in its own words, and what we did', async () => {
    const target = await deploy('history', ['1.0', '1.1']);
    await apply(applyInput(await plan(await backTo(target, '1.0'))));
    await eventually('the controller has renumbered the revision', async () =>
      (await revisionOf(target, '1.0')) === 3 ? true : undefined,
    );
    const { stdout } = await runKubectl('rollout', 'history', 'deployment/history');
    expect(stdout).toMatch(/^2 +release 1\.1$/m);
    expect(stdout).toMatch(/^3 +release 1\.0 \(rolled back to by shop-7\)$/m);
  });
});

describe('awaiting a rollout', () => {
  test('settles when all pods are of the new template and available', async () => {
    const target = await deploy('settles', ['1.0', '1.1']);
    const receipt = await apply(applyInput(await plan(await backTo(target, '1.0'))));
    const waiting = wait(receipt, 20_000);

    await eventually('the pods run', async () => {
      await pretendPodsRun(target);
      return (await readRaw(target)).status.availableReplicas === 2 ? true : undefined;
    });

    const facts = await activities.inspectDeployment(target);
    expect(await waiting).toMatchObject({
      replicas: 2,
      templateHash: facts.revisions.find(({ current }) => current)?.templateHash,
    });
  });

  test('says at its deadline how far it came', async () => {
    const target = await deploy('stuck', ['1.0', '1.1']);
    const receipt = await apply(applyInput(await plan(await backTo(target, '1.0'))));

    await expect(wait(receipt, 1_500)).rejects.toMatchObject({
      type: 'RolloutStuck',
      nonRetryable: true,
      message: expect.stringMatching(
        /^could not roll out deployment supply-chain\/stuck: not done by .*; last seen: .*pods?/,
      ),
    });
  });

  test('stops when somebody else changes the template meanwhile', async () => {
    const target = await deploy('taken', ['1.0', '1.1']);
    const receipt = await apply(applyInput(await plan(await backTo(target, '1.0'))));
    // Listened to before the change: it may fail while the change is still being answered.
    const stopped = expect(wait(receipt, 20_000)).rejects.toMatchObject({ type: 'FenceLost' });
    await setImage(target, 'shop:9.9');

    await stopped;
  });

  test('stops when it is cancelled', async () => {
    const target = await deploy('cancelled', ['1.0', '1.1']);
    const receipt = await apply(applyInput(await plan(await backTo(target, '1.0'))));
    const environment = attempt();
    const beats: unknown[] = [];
    environment.on('heartbeat', (details: unknown) => beats.push(details));
    const waiting = environment.run(activities.awaitRollout, waitInput(receipt, 20_000));
    const outcome = waiting.catch((error: unknown) => error);

    await eventually('it reports its progress', () =>
      beats.some((details) => details !== undefined) ? true : undefined,
    );
    environment.cancel();

    expect(await outcome).toMatchObject({ name: 'CancelledFailure' });
  });
});

describe('inspecting a Deployment', () => {
  test('tells revisions, pods and limits apart and says who else steers it', async () => {
    const target = await deploy('inspected', ['1.0', '1.1']);
    await applyObject(
      `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers/inspected-scaler`,
      {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'inspected-scaler' },
        spec: {
          minReplicas: 2,
          maxReplicas: 4,
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: target.name },
        },
      },
    );

    const facts = await eventually('both revisions have pods', async () => {
      const read = await activities.inspectDeployment(target);
      return read.pods.length >= 3 ? read : undefined;
    });

    expect(facts).toMatchObject({
      target,
      desiredReplicas: 2,
      paused: false,
      strategy: 'RollingUpdate',
      rollingOut: true,
      limits: { cpuMillicores: 500, memoryBytes: 268_435_456 },
      owners: { horizontalPodAutoscaler: 'inspected-scaler', gitOps: null },
      lastMutation: null,
    });
    expect(
      facts.revisions.map(({ revision, image, current, changeCause }) => ({
        revision,
        image,
        current,
        changeCause,
      })),
    ).toEqual([
      { revision: 2, image: 'shop:1.1', current: true, changeCause: 'release 1.1' },
      { revision: 1, image: 'shop:1.0', current: false, changeCause: 'release 1.0' },
    ]);
    expect(facts.pods[0]).toMatchObject({ phase: 'Pending', ready: false, cpuMillicores: null });
    expect(facts.releasedAt).toBe(facts.revisions[0]!.createdAt);
  });

  test('a rollback that did not help leaves the release its date, and the revision its bad name', async () => {
    const target = await deploy('dated', ['1.0', '1.1', '1.2']);
    const before = await activities.inspectDeployment(target);
    const mutation = await plan(await backTo(target, '1.1'));

    await apply({ ...applyInput(mutation), blame: 'was rolled back from in shop-7' });
    const rolledBack = await untilRevision(target, 4);
    expect(rolledBack.releasedAt).toBe(releasedAtOf(before, '1.1'));
    expect(knownBad(rolledBack)).toEqual([['1.2', 'was rolled back from in shop-7']]);

    const undo = { ...applyInput(inverseOf(mutation)!), blame: 'did not roll out in shop-7' };
    const receipt = await apply({ ...undo, fence: 101 });
    const putBack = await untilRevision(target, 5);
    expect(putBack.releasedAt).toBe(before.releasedAt);
    // That it was left is void since it is back.
    expect(knownBad(putBack)).toEqual([['1.1', 'did not roll out in shop-7']]);
    expect(putBack.revisions.map(({ revision, changeCause }) => [revision, changeCause])).toEqual([
      [5, 'release 1.2'],
      [4, 'release 1.1'],
      [1, 'release 1.0'],
    ]);
    expect(putBack.lastMutation).toEqual({
      mutationId: receipt.mutationId,
      incident: 'shop-7',
      at: receipt.appliedAt,
    });
  });

  test('a release after that has a date of its own, and the bad name stays', async () => {
    const target = await deploy('renamed', ['1.0', '1.1']);
    const rollback = applyInput(await plan(await backTo(target, '1.0')));
    await apply({ ...rollback, blame: 'was rolled back from in shop-7' });
    await untilRevision(target, 3);
    await setImage(target, 'shop:1.2');

    const facts = await untilRevision(target, 4);
    expect(facts.releasedAt).toBe(facts.revisions[0]!.createdAt);
    expect(knownBad(facts)).toEqual([['1.1', 'was rolled back from in shop-7']]);
  });

  test('gives a release the same digest before and after a restart', async () => {
    const target = await deploy('same-release', ['1.0']);
    await apply(applyInput(await plan(restartOf(target))));
    const facts = await eventually('the restart has its revision', async () => {
      const read = await activities.inspectDeployment(target);
      return read.revisions.length === 2 ? read : undefined;
    });
    expect(facts.revisions[0]!.templateDigest).toBe(facts.revisions[1]!.templateDigest);
    expect(facts.revisions[0]!.templateHash).not.toBe(facts.revisions[1]!.templateHash);
  });

  test('refuses a container that the Deployment does not have', async () => {
    const target = await deploy('misnamed', ['1.0']);
    await expect(
      activities.inspectDeployment({ ...target, container: 'sidecar' }),
    ).rejects.toMatchObject({
      type: 'InvalidResource',
      message: expect.stringContaining('no container "sidecar", only shop'),
    });
  });
});

describe('the Kubernetes client', () => {
  test('uses one connection for calls in a row, typed and raw', async () => {
    const far = openFar();
    const before = proxy.connections;
    for (let count = 0; count < 10; count += 1) {
      await far.raw.get('/api/v1/namespaces');
      await far.core.listNamespace();
    }
    expect(proxy.connections - before).toBe(1);
  });

  test('repeats a read whose answer was lost', async () => {
    const far = openFar();
    await far.raw.get('/version');
    proxy.loseAnswers();
    const reading = far.raw.get('/version');
    const before = proxy.connections;
    await eventually('it has tried again', () => (proxy.connections > before ? true : undefined));
    proxy.restore();
    expect(await reading).toMatchObject({ major: '1' });
  });
});

/** The facts once the controller has given the present revision this number. */
function untilRevision(target: DeploymentTarget, number: number): Promise<DeploymentFacts> {
  return eventually(`revision ${number} of ${target.name}`, async () => {
    const facts = await activities.inspectDeployment(target);
    return facts.revisions[0]?.revision === number ? facts : undefined;
  });
}

function knownBad({ revisions }: DeploymentFacts) {
  return revisions
    .filter((revision) => revision.knownBad !== null)
    .map(({ image, knownBad: why }) => [image.replace('shop:', ''), why]);
}

const releasedAtOf = ({ revisions }: DeploymentFacts, version: string) =>
  revisions.find(({ image }) => image === `shop:${version}`)?.createdAt;

/** The cluster by way of the proxy: its certificate is for the address, whatever the port. */
function openFar(): KubeClient {
  return openKubeClient({ kubeconfigPath: farKubeconfig, userAgent: 'test' });
}

/** The API server for a worker that is gone at some moment: what it was about to do never happens. */
function dieAt(moment: string, onDeath: () => void): KubeClient['raw'] {
  const never = (): Promise<never> => {
    onDeath();
    return new Promise(() => undefined);
  };
  const call = async (verb: string, request: () => Promise<unknown>): Promise<unknown> => {
    if (moment === `before the ${verb}`) return never();
    const answer = await request();
    return moment === `after the ${verb}` ? never() : answer;
  };
  return {
    get: (path) => call('read', () => kube.raw.get(path)),
    patch: (...request) => call('patch', () => kube.raw.patch(...request)),
  };
}

/** Releases the versions one after the other, as a pipeline would. */
async function deploy(name: string, versions: readonly string[]): Promise<DeploymentTarget> {
  const target: DeploymentTarget = { cluster: 'test', namespace, name, container: 'shop' };
  for (const [index, version] of versions.entries()) {
    await applyObject(pathOf(target), manifest(name, version));
    await eventually(`revision ${index + 1} of ${name}`, async () =>
      (await revisionOf(target, version)) === undefined ? undefined : true,
    );
  }
  return target;
}

async function applyObject(path: string, object: object): Promise<void> {
  await kube.raw.patch(path, object, 'application/apply-patch+yaml', { fieldManager: 'pipeline' });
}

function pathOf({ name }: DeploymentTarget): string {
  return `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
}

function manifest(name: string, version: string): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name,
      labels: { app: name },
      annotations: { 'kubernetes.io/change-cause': `release ${version}` },
    },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          containers: [
            {
              name: 'shop',
              image: `shop:${version}`,
              resources: { limits: { cpu: '0.5', memory: '256Mi' } },
            },
          ],
        },
      },
    },
  };
}

async function readRaw(target: DeploymentTarget): Promise<RawDeployment> {
  return (await kube.raw.get(pathOf(target))) as RawDeployment;
}

async function templateOf(target: DeploymentTarget) {
  const { metadata, spec } = (await readRaw(target)).spec.template;
  return { metadata: { ...metadata, labels: null }, spec };
}

async function findSet({ name }: DeploymentTarget, version: string) {
  const path = `/apis/apps/v1/namespaces/${namespace}/replicasets?labelSelector=app%3D${name}`;
  const { items } = (await kube.raw.get(path)) as { items: RawReplicaSet[] };
  return items.find((set) => set.spec.template.spec.containers[0]?.image === `shop:${version}`);
}

async function revisionOf(target: DeploymentTarget, version: string) {
  const set = await findSet(target, version);
  const text = set?.metadata.annotations?.['deployment.kubernetes.io/revision'];
  return text === undefined ? undefined : Number(text);
}

async function backTo(target: DeploymentTarget, version: string): Promise<Intent> {
  const set = await findSet(target, version);
  const revision = (await revisionOf(target, version)) ?? 0;
  return { change: 'restore-revision', target, replicaSetUid: set!.metadata.uid, revision };
}

function restartOf(target: DeploymentTarget): Intent {
  return { change: 'restart-pods', target, restartedAt: '2026-11-24T10:00:00Z' };
}

async function plan(intent: Intent): Promise<Mutation> {
  const idPrefix = `run-${intent.target.name}/step`;
  const { mutations } = await activities.previewMutations({ idPrefix, intents: [intent] });
  return mutations[0]!;
}

function applyInput(mutation: Mutation): ApplyMutationInput {
  return { mutation, incident: 'shop-7', runbook: 'rollback', blame: null, fence: 100 };
}

function attempt(info: { startToCloseTimeoutMs?: number } = {}): MockActivityEnvironment {
  return new MockActivityEnvironment(
    { startToCloseTimeoutMs: 30_000, heartbeatTimeoutMs: 3_000, ...info },
    { logger: new DefaultLogger('ERROR') },
  );
}

function apply(input: ApplyMutationInput): Promise<Receipt> {
  return attempt().run(activities.applyMutation, input);
}

function waitInput({ target, generation, appliedAt }: Receipt, withinMs: number) {
  const deadline = new Date(Date.now() + withinMs).toISOString();
  return { target, generation, appliedAt, pollMs: 50, deadline };
}

function wait(receipt: Receipt, withinMs: number) {
  return attempt().run(activities.awaitRollout, waitInput(receipt, withinMs));
}

async function patchAsPerson(target: DeploymentTarget, operations: object[]): Promise<void> {
  await kube.raw.patch(pathOf(target), operations, 'application/json-patch+json', {
    fieldManager: 'person',
  });
}

async function setImage(target: DeploymentTarget, image: string): Promise<void> {
  await patchAsPerson(target, [
    { op: 'replace', path: '/spec/template/spec/containers/0/image', value: image },
  ]);
}

/** What a node would report. */
async function pretendPodsRun({ name }: DeploymentTarget): Promise<void> {
  const { items } = await kube.core.listNamespacedPod({ namespace, labelSelector: `app=${name}` });
  for (const pod of items) {
    const path = `/api/v1/namespaces/${namespace}/pods/${pod.metadata!.name!}/status`;
    const status = {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: new Date().toISOString() }],
    };
    await kube.raw
      .patch(path, { status }, 'application/strategic-merge-patch+json', { fieldManager: 'node' })
      // Old pods go meanwhile.
      .catch(() => undefined);
  }
}

function imageOf({ spec }: RawDeployment): string | undefined {
  return spec.template.spec.containers[0]?.image;
}

function runKubectl(...args: string[]) {
  const options = [`--kubeconfig=${plane.kubeconfigs.admin}`, `--namespace=${namespace}`];
  return execa(kubectl, [...options, ...args], { timeout: 20_000 });
}
