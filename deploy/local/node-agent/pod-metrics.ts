import type { Pod } from '../kubernetes-json.js';
import { formatCpu, formatMemory } from './quantities.js';

/** Readings of one running process. */
export interface UsageSample {
  readonly pid: number;
  /** Monotonic, milliseconds. */
  readonly takenAt: number;
  readonly cpuMs: number;
  readonly memoryBytes: number;
}

export interface ContainerUsage {
  readonly name: string;
  readonly cores: number;
  readonly memoryBytes: number;
}

/** Usage between two readings of one process. */
export function usageBetween(
  name: string,
  before: UsageSample,
  after: UsageSample,
): ContainerUsage {
  const elapsedMs = Math.max(1, after.takenAt - before.takenAt);
  const cores = Math.max(0, after.cpuMs - before.cpuMs) / elapsedMs;
  return { name, cores, memoryBytes: after.memoryBytes };
}

/** The PodMetrics object of a pod, as metrics-server would serve it; it goes when the pod goes. */
export function podMetrics(
  pod: Pod,
  containers: readonly ContainerUsage[],
  now: Date,
  windowMs: number,
): object {
  const { name, namespace, uid, labels } = pod.metadata ?? {};
  return {
    apiVersion: 'metrics.k8s.io/v1beta1',
    kind: 'PodMetrics',
    metadata: {
      name,
      namespace,
      labels,
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name, uid }],
    },
    timestamp: now.toISOString(),
    window: `${(windowMs / 1000).toFixed(1)}s`,
    containers: containers.map((usage) => ({
      name: usage.name,
      usage: { cpu: formatCpu(usage.cores), memory: formatMemory(usage.memoryBytes) },
    })),
  };
}
