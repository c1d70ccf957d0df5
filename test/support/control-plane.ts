import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvironment } from '../../configuration/environment.js';
import {
  accountNames,
  prepareControlPlane,
  type Account,
} from '../../deploy/local/control-plane.js';
import { startGuard } from '../../deploy/local/guard.js';
import { freePorts } from '../../deploy/local/ports.js';
import { provideTools } from '../../deploy/local/tools.js';

export interface ControlPlaneUnderTest {
  readonly kubeconfigs: Readonly<Record<Account, string>>;
  readonly apiServerPort: number;
  stop(): Promise<void>;
}

/** A real API server with etcd and controllers on free ports. There are no nodes: ReplicaSets and Pods exist, but stay pending. */
export async function startControlPlane(): Promise<ControlPlaneUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'runbook-kubernetes-'));
  const tools = await provideTools(
    ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'],
    { environment: readEnvironment(), onProgress: (line) => process.stderr.write(`${line}\n`) },
  );
  const [etcd = 0, etcdPeer = 0, apiServer = 0, controllerManager = 0, scheduler = 0] =
    await freePorts(5);
  const guard = startGuard();
  const plane = await prepareControlPlane({
    folder: join(folder, 'cluster'),
    logFolder: folder,
    tools,
    tokens: Object.fromEntries(accountNames.map((name) => [name, randomUUID()])) as Record<
      Account,
      string
    >,
    ports: { etcd, etcdPeer, apiServer, controllerManager, scheduler },
    guard,
  });
  const processes = [plane.etcd, plane.apiServer, plane.controllerManager];
  const stop = async (): Promise<void> => {
    for (const process of processes.toReversed()) await process.stop();
    guard.close();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    for (const process of processes) await process.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return { kubeconfigs: plane.kubeconfigs, apiServerPort: apiServer, stop };
}
