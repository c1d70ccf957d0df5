import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import type { Logger } from 'pino';
import { follow } from '../follow.js';
import type { ConfigMap, Container, Pod } from '../kubernetes-json.js';
import { filesOf, writeVolume } from './config-volume.js';

type Volume = NonNullable<NonNullable<Pod['spec']>['volumes']>[number];

export interface VolumeOptions {
  readonly config: KubeConfig;
  /** Each volume becomes a folder in it. */
  readonly folder: string;
  /** Volumes follow their ConfigMap until it aborts. */
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/** Makes the volumes of a pod. Resolves when all are filled; later changes of a ConfigMap are followed at once.
 *  @throws Error for a kind of volume that this agent does not know. */
export async function mountVolumes(pod: Pod, options: VolumeOptions): Promise<void> {
  const namespace = pod.metadata?.namespace ?? '';
  const volumes = (pod.spec?.volumes ?? []).filter(({ projected }) => projected === undefined);
  await Promise.all(volumes.map((volume) => mount(namespace, volume, options)));
}

/** Where a path inside the container lies on this machine: paths at or below a mount path are mapped to the volume's
 *  folder, everything else stays. */
export function localPath(text: string, container: Container, folder: string): string {
  for (const { mountPath, name, subPath = '' } of container.volumeMounts ?? []) {
    const root = mountPath.replace(/\/$/, '');
    if (text === mountPath || text === root || text.startsWith(`${root}/`)) {
      return path.join(folder, name, subPath, text.slice(root.length));
    }
  }
  return text;
}

async function mount(
  namespace: string,
  { name, configMap, emptyDir }: Volume,
  { config, folder, signal, log }: VolumeOptions,
): Promise<void> {
  const target = path.join(folder, name);
  mkdirSync(target, { recursive: true });
  if (emptyDir !== undefined) return;
  if (configMap?.name === undefined) {
    throw new Error(
      `unsupported volume "${name}": the local node agent knows configMap, emptyDir and projected (left out)`,
    );
  }
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => {
      resolve();
    });
    void follow<ConfigMap>({
      config,
      path: `/api/v1/namespaces/${namespace}/configmaps`,
      query: { fieldSelector: `metadata.name=${configMap.name ?? ''}` },
      signal,
      log,
      onState: ([current]) => {
        // A deleted ConfigMap leaves the last files, as on a real node; a missing one is waited for.
        if (current === undefined && configMap.optional !== true) return;
        writeVolume(target, filesOf(current, configMap.items));
        resolve();
      },
    });
  });
}
