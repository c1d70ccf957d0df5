import { expect, test } from '@jest/globals';
import { loadConfiguration } from '../../../../configuration/load-configuration.js';
import { readManifests } from '../../../../deploy/local/apply-manifests.js';

interface DeploymentManifest {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly containers: readonly {
          readonly env: readonly { readonly name: string; readonly value?: string }[];
        }[];
        readonly volumes: readonly { readonly configMap: { readonly name: string } }[];
      };
    };
  };
}

const { services } = loadConfiguration(['configuration']);

test.each(Object.entries(services))(
  'the pods of %s read the flags that the configuration says runbooks set, and know what latency is promised',
  async (_, { deployment, flags, slo }) => {
    const manifests = await readManifests('deploy/kubernetes');
    const found = manifests.find(
      ({ kind, metadata }) => kind === 'Deployment' && metadata.name === deployment.name,
    ) as unknown as DeploymentManifest;
    const { containers, volumes } = found.spec.template.spec;
    const env = new Map(containers[0]!.env.map(({ name, value }) => [name, value]));

    expect(env.get('FLAG_MODE')).toBe(flags?.mode);
    expect(env.get('FLAG_MODE_EXPIRES_AT')).toBe(flags?.expiresAt);
    expect(Number(env.get('SLOW_ANSWER_MS') ?? 500)).toBe(slo.latencyP95Ms);
    const mounted = volumes.map(({ configMap }) => configMap.name);
    expect(mounted).toContain('tenant-isolation');
    if (flags !== undefined) expect(mounted).toContain(flags.configMap);
  },
);
