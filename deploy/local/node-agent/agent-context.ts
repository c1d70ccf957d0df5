import type { Logger } from 'pino';
import type { KubeClient } from '../../../services/shared/kubernetes/kube-client.js';
import type { ImageTable } from '../images.js';
import type { PodIps } from './pod-ips.js';
import type { ProcessTable } from './process-table.js';

/** What the runners of all pods share. */
export interface AgentContext {
  readonly kube: KubeClient;
  readonly stateDir: string;
  readonly images: ImageTable;
  readonly podIps: PodIps;
  readonly processes: ProcessTable;
  readonly onSpawn: (pid: number) => void;
  readonly onExit: (pid: number) => void;
  readonly log: Logger;
}
