import type {
  DeploymentFacts,
  PodFacts,
  RevisionFacts,
} from '../../activities/contracts/kubernetes.contract.js';
import type {
  PodReading,
  ServiceHealth,
  SloReading,
} from '../../activities/contracts/monitoring.contract.js';

/** Builders of facts for tests: a healthy deployment with two revisions, changed only where a test says so. */

export const noon = Date.parse('2026-01-01T12:00:00Z');
export const at = (secondsAfterNoon: number): string =>
  new Date(noon + secondsAfterNoon * 1_000).toISOString();

export const target = {
  cluster: 'test',
  namespace: 'supply-chain',
  name: 'inventory-api',
  container: 'inventory-api',
};

export const revision = (number: number, changes: Partial<RevisionFacts> = {}): RevisionFacts => ({
  replicaSetUid: `uid-${number}`,
  replicaSet: `inventory-api-${number}`,
  revision: number,
  templateHash: `hash-${number}`,
  templateDigest: `digest-${number}`,
  createdAt: at(-3_600 + number),
  image: `inventory-api:1.${number}`,
  changeCause: null,
  knownBad: null,
  replacedAfterMs: null,
  current: false,
  replicas: 0,
  readyReplicas: 0,
  ...changes,
});

export const pod = (name: string, changes: Partial<PodFacts> = {}): PodFacts => ({
  name,
  templateHash: 'hash-2',
  phase: 'Running',
  ready: true,
  startedAt: at(-600),
  restarts: 0,
  waitingReason: null,
  lastTerminationReason: null,
  cpuMillicores: 100,
  memoryBytes: 100_000_000,
  ...changes,
});

export const facts = (changes: Partial<DeploymentFacts> = {}): DeploymentFacts => ({
  target,
  uid: 'uid-deployment',
  readAt: at(0),
  generation: 2,
  observedGeneration: 2,
  paused: false,
  strategy: 'RollingUpdate',
  minReadyMs: 0,
  desiredReplicas: 2,
  updatedReplicas: 2,
  readyReplicas: 2,
  availableReplicas: 2,
  totalReplicas: 2,
  rollingOut: false,
  releasedAt: at(-60),
  revisions: [
    revision(2, { current: true, createdAt: at(-60), replicas: 2, readyReplicas: 2 }),
    revision(1),
  ],
  pods: [pod('a'), pod('b')],
  limits: { cpuMillicores: 500, memoryBytes: 512_000_000 },
  owners: { horizontalPodAutoscaler: null, gitOps: null },
  lastMutation: null,
  ...changes,
});

export const reading = (changes: Partial<SloReading> = {}): SloReading => ({
  service: 'inventory',
  slo: 'error-rate',
  state: 'ok',
  value: 0.1,
  threshold: 1,
  unit: 'percent',
  from: at(-60),
  windowMs: 60_000,
  samples: 500,
  minSamples: 20,
  budgetLeft: 1,
  burnRate: 0.1,
  ...changes,
});

export const podReading = (name: string, changes: Partial<PodReading> = {}): PodReading => ({
  pod: name,
  templateHash: 'hash-2',
  up: true,
  requests: 250,
  errors: 0,
  slow: 0,
  eventLoopLagMs: 5,
  memoryBytes: 100_000_000,
  ...changes,
});

export const health = (changes: Partial<ServiceHealth> = {}): ServiceHealth => ({
  service: 'inventory',
  status: 'ok',
  at: at(0),
  slos: [reading()],
  breachedSince: null,
  pods: [podReading('a'), podReading('b')],
  requestRate: 40,
  writes: null,
  reads: null,
  ...changes,
});

export const breached = (changes: Partial<ServiceHealth> = {}): ServiceHealth =>
  health({
    status: 'critical',
    slos: [reading({ state: 'breached', value: 40 })],
    breachedSince: at(-40),
    ...changes,
  });
