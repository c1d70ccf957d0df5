import path from 'node:path';
import { readManifests, type Manifest } from './apply-manifests.js';
import { localOverlay } from './local-overlay.js';
import { packageRoot } from './package-root.js';
import type { DatabaseName } from './postgres.js';
import type { StackSecrets } from './state-folder.js';

export interface StackManifestOptions {
  readonly databaseUrl: (database: DatabaseName) => string;
  readonly downstreamUrl: string;
  readonly monitoringUrl: string;
  readonly secrets: Pick<StackSecrets, 'serviceToken' | 'sreToken'>;
}

/** Everything the stack's cluster holds: what production applies, what stands for other people's systems, and the
 *  addresses and secrets that production has and no file keeps. */
export async function stackManifests(options: StackManifestOptions): Promise<Manifest[]> {
  const { databaseUrl, downstreamUrl, monitoringUrl, secrets } = options;
  const read = (folder: string): Promise<Manifest[]> =>
    readManifests(path.join(packageRoot, 'deploy', folder));
  const [production, local, downstream] = await Promise.all(
    ['kubernetes', 'local/manifests', 'local/downstream'].map(read),
  );
  return [
    ...localOverlay(production ?? []),
    ...(local ?? []),
    ...(downstream ?? []),
    secret('supply-chain', 'inventory-db', { url: databaseUrl('inventory') }),
    secret('supply-chain', 'outbound-db', { url: databaseUrl('outbound') }),
    secret('downstream', 'downstream-db', { url: databaseUrl('downstream') }),
    secret('supply-chain', 'service-tokens', {
      service: secrets.serviceToken,
      sre: secrets.sreToken,
    }),
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'outbound-addresses', namespace: 'supply-chain' },
      data: { downstream: downstreamUrl, monitoring: monitoringUrl },
    },
  ];
}

function secret(
  namespace: string,
  name: string,
  stringData: Readonly<Record<string, string>>,
): Manifest {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, stringData };
}
