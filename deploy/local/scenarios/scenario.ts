import type { KubeClient } from '../../../services/shared/kubernetes/kube-client.js';
import type { StackInfo, StackSecrets } from '../state-folder.js';

/** What a drill may lay hands on. */
export interface DrillWorld {
  readonly info: StackInfo;
  readonly secrets: StackSecrets;
  /** With all rights: the drill plays the part of the world, not of the operator. */
  readonly kube: KubeClient;
}

/** Something that goes wrong on purpose. */
export interface Scenario {
  readonly name: string;
  /** One sentence for people. */
  readonly title: string;
  /** The service that suffers. */
  readonly service: string;
  /** Makes it go wrong; resolves in the moment it does. @returns how to end the cause, for when the operator does not (or cannot). */
  cause(world: DrillWorld): Promise<() => Promise<void>>;
}

/** The Deployment all scenarios break. */
export const target = {
  service: 'inventory',
  namespace: 'supply-chain',
  deployment: 'inventory-api',
  container: 'inventory-api',
} as const;
