import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { readEnvironment } from '../../../../configuration/environment.js';
import { readManifests } from '../../../../deploy/local/apply-manifests.js';
import type { Manifest } from '../../../../deploy/local/apply-manifests.js';

interface Container {
  readonly name: string;
  readonly image: string;
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly ports: readonly { readonly containerPort: number }[];
  readonly resources: object;
  readonly securityContext: object;
}
interface Deployment extends Manifest {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly serviceAccountName: string;
        readonly automountServiceAccountToken?: boolean;
        readonly securityContext: object;
        readonly containers: readonly [Container];
      };
    };
  };
}

const product = await readManifests('deploy/kubernetes/product');
const deployments = product.filter(({ kind }) => kind === 'Deployment') as Deployment[];
const named = deployments.map((one): [string, Deployment] => [one.metadata.name, one]);

test.each(named)(
  '%s is told only what a program reads, and listens where it is asked',
  (_, one) => {
    const [container] = one.spec.template.spec.containers;
    const given = Object.fromEntries(
      container.env.map(({ name, value = 'secret' }) => [name, value]),
    );
    const environment = readEnvironment(given);

    expect(Object.keys(environment)).toEqual(expect.arrayContaining(Object.keys(given)));
    expect(environment.HOST).toBe('0.0.0.0');
    expect(environment.PORT).toBe(container.ports[0]?.containerPort);
  },
);

test.each(named)('%s runs without privileges and within bounds', (_, one) => {
  const { securityContext, containers } = one.spec.template.spec;
  expect(securityContext).toMatchObject({ runAsNonRoot: true });
  expect(containers[0]).toMatchObject({
    resources: { requests: { cpu: expect.any(String) }, limits: { memory: expect.any(String) } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    readinessProbe: { httpGet: { path: '/readyz' } },
    livenessProbe: { httpGet: { path: '/healthz' } },
  });
});

test('only the worker may change the cluster, and the front door may not even look', () => {
  const rights = Object.fromEntries(
    deployments.map(({ metadata, spec }) => {
      const { serviceAccountName, automountServiceAccountToken = true } = spec.template.spec;
      return [metadata.name, automountServiceAccountToken ? serviceAccountName : null];
    }),
  );
  expect(rights).toEqual({
    'runbook-worker': 'runbook-remediator',
    'monitoring-api': 'runbook-reader',
    'incident-api': null,
  });
});

test('every image of ours is one that docker compose builds', async () => {
  const compose = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as {
    services: Record<string, { image: string }>;
  };
  const builds = Object.values(compose.services).map(({ image }) => image);
  const services = await readManifests('deploy/kubernetes');
  const used = JSON.stringify([...services, ...product]).match(/durable-runbooks\/[\w-]+:[\w.]+/g);

  expect(new Set(used)).toEqual(
    new Set([
      ...builds.filter((image) => image.startsWith('durable-runbooks/')),
      'durable-runbooks/tenant-isolator:1.0',
    ]),
  );
});
