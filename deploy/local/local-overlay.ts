import type { Manifest } from './apply-manifests.js';

interface PodController extends Manifest {
  readonly spec: {
    readonly template: {
      readonly spec: { readonly containers: readonly ContainerManifest[] };
    };
  };
}

interface ContainerManifest {
  readonly name: string;
  readonly env?: readonly object[];
}

/** What the local stack changes in the manifests that also run in production: drills may ask the services for faults. */
export function localOverlay(manifests: readonly Manifest[]): Manifest[] {
  return manifests.map((manifest) => (isDeployment(manifest) ? withFaults(manifest) : manifest));
}

function isDeployment(manifest: Manifest): manifest is PodController {
  return manifest.kind === 'Deployment';
}

function withFaults(deployment: PodController): PodController {
  const { spec } = deployment;
  const { template } = spec;
  const containers = template.spec.containers.map((container) => ({
    ...container,
    env: [...(container.env ?? []), { name: 'FAULTS_ENABLED', value: 'true' }],
  }));
  return {
    ...deployment,
    spec: { ...spec, template: { ...template, spec: { ...template.spec, containers } } },
  };
}
