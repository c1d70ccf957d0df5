import { arch, availableParallelism, hostname, platform, release, totalmem } from 'node:os';
import { ApiException } from '@kubernetes/client-node';
import type { Logger } from 'pino';
import type { KubeClient } from '../../../services/shared/kubernetes/kube-client.js';
import { wireTime } from './container-runner.js';
import { pause } from './pause.js';

const fieldManager = 'local-node-agent';
const leaseEveryMs = 10_000;
const leaseSeconds = 40;
/** The lease is the heartbeat; the status only repeats what does not change. */
const statusEveryBeats = 6;
const registerWithinMs = 30_000;
const maximumPods = 110;
const architecture = arch() === 'x64' ? 'amd64' : arch();

/** Makes this machine known as a node, with the capacity it has. @throws Error when the API server does not take it in
 *  30 s. */
export async function registerNode(kube: KubeClient, name: string, log: Logger): Promise<void> {
  const deadline = Date.now() + registerWithinMs;
  for (;;) {
    try {
      await createNode(kube, name);
      await patchNodeStatus(kube, name);
      return;
    } catch (error) {
      const cause = error instanceof ApiException ? String(error.body) : (error as Error).message;
      if (Date.now() > deadline) {
        throw new Error(`could not register node ${name}: ${cause}. Is the API server ready?`, {
          cause: error,
        });
      }
      log.debug({ name, cause }, 'node is not registered yet');
      await pause(200, AbortSignal.timeout(registerWithinMs));
    }
  }
}

/** Renews the node's lease and status until the signal aborts; registers anew when somebody deleted the node. */
export async function keepNodeAlive(
  kube: KubeClient,
  name: string,
  signal: AbortSignal,
  log: Logger,
): Promise<void> {
  for (let beat = 0; !signal.aborted; beat += 1) {
    try {
      await renewLease(kube, name);
      if (beat % statusEveryBeats === 0) {
        await createNode(kube, name);
        await patchNodeStatus(kube, name);
      }
    } catch (error) {
      log.debug({ name, error: (error as Error).message }, 'could not renew node lease');
      await pause(1_000, signal);
      continue;
    }
    await pause(leaseEveryMs, signal);
  }
}

/** Creates the node, or leaves it as it is. */
async function createNode(kube: KubeClient, name: string): Promise<void> {
  await kube.raw.patch(
    `/api/v1/nodes/${name}`,
    {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name,
        labels: {
          'kubernetes.io/hostname': name,
          'kubernetes.io/os': platform(),
          'kubernetes.io/arch': architecture,
        },
      },
    },
    'application/apply-patch+yaml',
    { fieldManager },
  );
}

async function patchNodeStatus(kube: KubeClient, name: string): Promise<void> {
  const now = wireTime();
  const capacity = {
    cpu: String(availableParallelism()),
    memory: `${Math.floor(totalmem() / 1024)}Ki`,
    pods: String(maximumPods),
  };
  const healthy = { status: 'False', lastHeartbeatTime: now };
  const status = {
    capacity,
    allocatable: capacity,
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        reason: 'AgentReady',
        message: 'pods run as local processes',
        lastHeartbeatTime: now,
      },
      { type: 'MemoryPressure', reason: 'Unmeasured', message: 'not measured here', ...healthy },
      { type: 'DiskPressure', reason: 'Unmeasured', message: 'not measured here', ...healthy },
      { type: 'PIDPressure', reason: 'Unmeasured', message: 'not measured here', ...healthy },
    ],
    addresses: [
      { type: 'InternalIP', address: '127.0.0.1' },
      { type: 'Hostname', address: hostname() },
    ],
    nodeInfo: {
      machineID: '',
      systemUUID: '',
      bootID: '',
      kernelVersion: release(),
      osImage: platform(),
      containerRuntimeVersion: 'local-process://1',
      kubeletVersion: 'v1.37.2-local-process',
      kubeProxyVersion: '',
      operatingSystem: platform(),
      architecture,
    },
  };
  await kube.raw.patch(
    `/api/v1/nodes/${name}/status`,
    { status },
    'application/strategic-merge-patch+json',
    { fieldManager },
  );
}

async function renewLease(kube: KubeClient, name: string): Promise<void> {
  await kube.raw.patch(
    `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${name}`,
    {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, namespace: 'kube-node-lease' },
      spec: {
        holderIdentity: name,
        leaseDurationSeconds: leaseSeconds,
        // A MicroTime has exactly six digits of a second.
        renewTime: new Date().toISOString().replace('Z', '000Z'),
      },
    },
    'application/apply-patch+yaml',
    { fieldManager },
  );
}
