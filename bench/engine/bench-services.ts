import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { applyManifests } from '../../deploy/local/apply-manifests.js';
import type { KubeClient } from '../../services/shared/kubernetes/kube-client.js';

const namespace = 'supply-chain';
const appliedAt = 'durable-runbooks.io/applied-at';
const releasedWithinMs = 30_000;

/** The configuration of services that exist only to be rolled back once, each round another. @returns its folder. */
export async function writeBenchConfiguration(services: readonly string[]): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'runbook-bench-'));
  const slo = {
    latencyP95Ms: 500,
    errorRatePercent: 1,
    availabilityPercent: 99.5,
    windowMinutes: 1,
  };
  const entries = services.map((name): [string, object] => [
    name,
    {
      deployment: { namespace, name, container: 'main' },
      url: 'http://127.0.0.1:9',
      slo,
    },
  ]);
  await writeFile(
    path.join(folder, 'services.yml'),
    stringify({ services: Object.fromEntries<object>(entries) }),
  );
  await writeFile(
    path.join(folder, 'policy.yml'),
    stringify({
      confirm: { confirmFor: '0s' },
      diagnose: { recentRollout: '1h' },
      act: { coolDown: '0s' },
    }),
  );
  return folder;
}

/** Two revisions each. Their pods fit no node: the patch is measured, not the pods. */
export async function releaseTwice(kube: KubeClient, names: readonly string[]): Promise<void> {
  for (const version of ['1.0', '1.1']) {
    await applyManifests(
      kube.raw,
      names.map((name) => ({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name, namespace },
        spec: {
          replicas: 1,
          selector: { matchLabels: { app: name } },
          template: {
            metadata: { labels: { app: name } },
            spec: {
              nodeSelector: { bench: 'nowhere' },
              containers: [{ name: 'main', image: `bench:${version}` }],
            },
          },
        },
      })),
    );
    for (const name of names) await untilRevision(kube, name, version === '1.0' ? '1' : '2');
  }
}

async function untilRevision(kube: KubeClient, name: string, revision: string): Promise<void> {
  const deadline = Date.now() + releasedWithinMs;
  for (;;) {
    const { metadata, status } = await kube.apps.readNamespacedDeployment({ name, namespace });
    const seen = metadata?.annotations?.['deployment.kubernetes.io/revision'];
    if (seen === revision && status?.observedGeneration === metadata?.generation) return;
    if (Date.now() > deadline) throw new Error(`could not release deployment ${name}: too slow`);
    await sleep(100);
  }
}

/** When the rollback's PATCH was sent, epoch milliseconds; null while it was not. */
export async function patchedAt(kube: KubeClient, name: string): Promise<number | null> {
  const { metadata } = await kube.apps.readNamespacedDeployment({ name, namespace });
  const mark = metadata?.annotations?.[appliedAt];
  return mark === undefined ? null : Date.parse(mark);
}
