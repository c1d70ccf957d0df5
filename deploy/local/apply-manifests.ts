import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { RawKubeApi } from '../../services/shared/kubernetes/kube-client.js';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly [field: string]: unknown;
}

/** All objects of the YAML files of a folder. @throws Error naming the file that cannot be parsed. */
export async function readManifests(folder: string): Promise<Manifest[]> {
  const files = (await readdir(folder)).filter((file) => /\.ya?ml$/.test(file)).sort();
  const manifests = await Promise.all(
    files.map(async (file) => {
      const documents = parseAllDocuments(await readFile(path.join(folder, file), 'utf8'));
      return documents.map((document) => {
        const [fault] = document.errors;
        if (fault !== undefined) {
          throw new Error(`could not read manifest ${file}: ${fault.message}`);
        }
        return document.toJS() as Manifest | null;
      });
    }),
  );
  return manifests.flat().filter((manifest) => manifest !== null);
}

/** What others live in or are made of goes first. */
const early = ['Namespace', 'CustomResourceDefinition', 'ServiceAccount', 'ConfigMap', 'Secret'];

/** Creates or updates objects by server-side apply. @throws Error naming the object the server refused. */
export async function applyManifests(
  api: RawKubeApi,
  manifests: readonly Manifest[],
): Promise<void> {
  const plurals = new Map<string, Map<string, Resource>>();
  const rank = ({ kind }: Manifest): number =>
    early.includes(kind) ? early.indexOf(kind) : early.length;
  for (const manifest of [...manifests].sort((a, b) => rank(a) - rank(b))) {
    const { apiVersion, kind, metadata } = manifest;
    const named = `${kind} ${metadata.namespace ?? ''}/${metadata.name}`.replace(' /', ' ');
    try {
      const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
      let resources = plurals.get(base);
      if (resources === undefined) plurals.set(base, (resources = await discover(api, base)));
      const resource = resources.get(kind);
      if (resource === undefined) throw new Error(`the server knows no ${kind} in ${apiVersion}`);
      const scope = resource.namespaced ? `/namespaces/${metadata.namespace ?? 'default'}` : '';
      await api.patch(
        `${base}${scope}/${resource.name}/${metadata.name}`,
        manifest,
        'application/apply-patch+yaml',
        { fieldManager: 'durable-runbooks-local-stack' },
      );
    } catch (error) {
      throw new Error(`could not apply ${named}: ${(error as Error).message}`, { cause: error });
    }
  }
}

interface Resource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** Resources of a group and version by kind; subresources such as `deployments/scale` left out. */
async function discover(api: RawKubeApi, base: string): Promise<Map<string, Resource>> {
  const { resources } = (await api.get(base)) as { resources: Resource[] };
  return new Map(
    resources.filter(({ name }) => !name.includes('/')).map((found) => [found.kind, found]),
  );
}
