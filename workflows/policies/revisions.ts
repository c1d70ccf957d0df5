import type {
  DeploymentFacts,
  RevisionFacts,
} from '../../activities/contracts/kubernetes.contract.js';
import type { PodReading, ServiceHealth } from '../../activities/contracts/monitoring.contract.js';
import { failureShare, fewRequests } from './failure-share.js';
import type { TemplateCount } from './template-counts.js';
import { round, speakDuration } from './numbers.js';

/** What is looked at to tell good revisions from bad ones. */
export interface RevisionEvidence {
  readonly facts: DeploymentFacts;
  readonly health: ServiceHealth;
  /** Releases that were gone back to in this incident, in vain. */
  readonly blamed: readonly BlamedRelease[];
  /** What monitoring has counted of templates since the incident opened: its window soon forgets pods that are gone. */
  readonly counted: readonly TemplateCount[];
}

export interface BlamedRelease {
  /** `templateDigest` of its revision. */
  readonly release: string;
  /** Goes on a sentence about it: `did not roll out in shop-7`. */
  readonly why: string;
}

/** A release by its newest revision, and what is known of it. */
export interface RevisionOption {
  readonly revision: RevisionFacts;
  /**
   * `served`: monitoring counted requests enough for a proof, and they met the objectives. `seen`: so did fewer of them.
   * `unknown`: nothing speaks against it, and nothing for it. `doubtful`: it was replaced before it could have served,
   * or served badly though better than what stands now. `bad`: never gone back to but by a person's word.
   */
  readonly standing: 'present' | 'served' | 'seen' | 'unknown' | 'doubtful' | 'bad';
  /** Goes on a sentence about it: `served 1240 requests, 0 % failed or slow`. */
  readonly known: string;
}

/** A pod is not expected to be ready, scraped and of use before this many milliseconds. */
const startGrace = 10_000;
/** The objective for latency is a 95th percentile. */
const slowAllowed = 5;

/** `revision 1 (release 1.0)`. */
export const nameRevision = ({ revision, changeCause, image }: RevisionFacts): string =>
  `revision ${revision} (${changeCause ?? image})`;

/** Every release that is kept, the newest in force first. */
export function weighRevisions(evidence: RevisionEvidence): RevisionOption[] {
  const newestFirst = evidence.facts.revisions.toSorted((a, b) => b.revision - a.revision);
  const releases = new Map<string, RevisionFacts>();
  for (const revision of newestFirst) {
    const { templateDigest } = revision;
    // Restarts are no releases. The present revision speaks for its release.
    if (!releases.has(templateDigest) || revision.current) releases.set(templateDigest, revision);
  }
  return [...releases.values()].map((revision) => ({ revision, ...assess(revision, evidence) }));
}

/** Where a rollback goes by itself: to what is known to have served, else to what nothing speaks against; the newest of these. */
export function rollbackTarget(options: readonly RevisionOption[]): RevisionOption | undefined {
  return (['served', 'seen', 'unknown', 'doubtful'] as const)
    .map((wanted) => options.find(({ standing }) => standing === wanted))
    .find((option) => option !== undefined);
}

/** The next one was made before it could have shown how good it is. */
export const isReplacedSoon = (
  { replacedAfterMs }: RevisionFacts,
  { minReadyMs }: DeploymentFacts,
): boolean => replacedAfterMs !== null && replacedAfterMs < minReadyMs + startGrace;

/** Readings of the pods of a release, whatever restarts they have seen. */
export function podsOfRelease(
  release: RevisionFacts,
  facts: DeploymentFacts,
  health: ServiceHealth,
): PodReading[] {
  const hashes = hashesOf(release, facts);
  return health.pods.filter((pod) => hashes.has(pod.templateHash ?? ''));
}

function hashesOf({ templateDigest }: RevisionFacts, { revisions }: DeploymentFacts): Set<string> {
  const own = revisions.filter((revision) => revision.templateDigest === templateDigest);
  return new Set(own.map(({ templateHash }) => templateHash));
}

/** When a release was first made, whatever restarts it has seen since; epoch milliseconds. */
function madeAt(release: RevisionFacts | undefined, { revisions }: DeploymentFacts): number {
  const own = revisions.filter(({ templateDigest }) => templateDigest === release?.templateDigest);
  return Math.min(...own.map(({ createdAt }) => Date.parse(createdAt)));
}

type Assessment = Omit<RevisionOption, 'revision'>;

function assess(revision: RevisionFacts, evidence: RevisionEvidence): Assessment {
  const { facts, blamed } = evidence;
  const current = facts.revisions.find((other) => other.current);
  if (revision.templateDigest === current?.templateDigest) {
    return { standing: 'present', known: 'is the present release' };
  }
  const blame = blamed.find(({ release }) => release === revision.templateDigest);
  if (blame !== undefined) return { standing: 'bad', known: blame.why };
  if (revision.knownBad !== null) return { standing: 'bad', known: revision.knownBad };
  // Whoever went back from it had a reason.
  if (Date.parse(revision.createdAt) > madeAt(current, facts)) {
    return { standing: 'bad', known: 'is newer than the present release, which was gone back to' };
  }
  return (
    assessPods(revision, facts) ??
    assessRequests(revision, current, evidence) ??
    assessTime(revision, facts)
  );
}

/** Pods of it that are there and cannot start. */
function assessPods({ templateHash }: RevisionFacts, { pods }: DeploymentFacts): Assessment | null {
  const own = pods.filter((pod) => pod.templateHash === templateHash);
  const stuck = own.find(
    ({ waitingReason: why }) =>
      why !== null && why !== 'ContainerCreating' && why !== 'PodInitializing',
  );
  if (stuck === undefined || own.some(({ ready }) => ready)) return null;
  return { standing: 'bad', known: `has pods that do not start: ${stuck.waitingReason ?? ''}` };
}

/** What monitoring counted of it, of pods that are gone included. Null without requests. */
function assessRequests(
  revision: RevisionFacts,
  current: RevisionFacts | undefined,
  { facts, health, counted }: RevisionEvidence,
): Assessment | null {
  const hashes = hashesOf(revision, facts);
  const counts = counted.filter(({ templateHash }) => hashes.has(templateHash));
  const share = failureShare(counts);
  if (share === null) return null;
  const requests = counts.reduce((sum, count) => sum + count.requests, 0);
  const served = `served ${requests} requests, ${round(share)} % failed or slow`;
  const objective = health.slos.find(({ slo }) => slo === 'error-rate');
  const errors = counts.reduce((sum, count) => sum + count.errors, 0);
  const slow = counts.reduce((sum, count) => sum + count.slow, 0);
  const met =
    errors * 100 <= requests * (objective?.threshold ?? 0) && slow * 100 <= requests * slowAllowed;
  const present =
    current === undefined ? null : failureShare(podsOfRelease(current, facts, health));
  if (!met && requests >= fewRequests && present !== null && present <= 2 * share + 1) {
    return { standing: 'bad', known: `${served}, about as many as now` };
  }
  if (!met) return { standing: requests >= fewRequests ? 'doubtful' : 'unknown', known: served };
  return requests >= (objective?.minSamples ?? Infinity)
    ? { standing: 'served', known: served }
    : { standing: 'seen', known: `${served}: too few for a proof` };
}

/** Kubernetes keeps no record of whether an old revision ever had a pod available. */
function assessTime(revision: RevisionFacts, facts: DeploymentFacts): Assessment {
  if (isReplacedSoon(revision, facts)) {
    return {
      standing: 'doubtful',
      known: `was replaced ${speakDuration(revision.replacedAfterMs ?? 0)} after it was made`,
    };
  }
  return { standing: 'unknown', known: 'has served nothing that monitoring still knows of' };
}
