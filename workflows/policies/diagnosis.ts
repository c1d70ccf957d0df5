import type {
  DeploymentFacts,
  RevisionFacts,
} from '../../activities/contracts/kubernetes.contract.js';
import type { PodReading, ServiceHealth } from '../../activities/contracts/monitoring.contract.js';
import type { HypothesisName, Policy } from '../../configuration/policy.schema.js';
import type { HypothesisView } from '../incident-view.js';
import { percent, round, speakDuration } from './numbers.js';

/** Everything a diagnosis may look at. */
export interface Evidence {
  readonly now: number;
  readonly facts: DeploymentFacts;
  readonly health: ServiceHealth;
  readonly dependencies: readonly ServiceHealth[];
}

/** Weighs one hypothesis: statements add to or take from its score. */
interface Scale {
  for(weight: number, statement: string): void;
  against(weight: number, statement: string): void;
  unknown(statement: string): void;
}

type Weigh = (evidence: Evidence, policy: Policy['diagnose'], scale: Scale) => void;

/** Clocks of monitor and API server, and whole-second timestamps, may disagree by this much. */
const clockTolerance = 2_000;

/** Milliseconds a pod may take to become ready and to be scraped for the first time. */
const startGrace = 10_000;

const weighers: Record<Exclude<HypothesisName, 'unknown'>, Weigh> = {
  'bad-release': weighBadRelease,
  'hung-or-leaking-pods': weighHungPods,
};

/** Every hypothesis with its evidence, the likeliest first. */
export function diagnose(evidence: Evidence, policy: Policy['diagnose']): HypothesisView[] {
  return Object.entries(weighers)
    .map(([name, weigh]) =>
      weighed(name, (scale) => {
        weigh(evidence, policy, scale);
      }),
    )
    .sort((a, b) => b.score - a.score);
}

function weighBadRelease(
  { facts, health, dependencies, now }: Evidence,
  policy: Policy['diagnose'],
  scale: Scale,
): void {
  const current = facts.revisions.find((revision) => revision.current);
  const previous = previousRevision(facts);
  if (current === undefined || previous === undefined) {
    scale.against(1, 'there is no earlier revision with another template');
    return;
  }
  const rolledOutAt = Date.parse(facts.lastRolloutAt);
  const breachedAt = health.breachedSince === null ? now : Date.parse(health.breachedSince);
  const after = breachedAt - rolledOutAt;
  const release = `revision ${current.revision} (${current.changeCause ?? current.image})`;
  if (after < -clockTolerance) {
    scale.against(0.7, `the breach began ${speakDuration(-after)} before ${release}`);
  } else if (after <= policy.recentRollout) {
    scale.for(0.55, `the breach began ${speakDuration(Math.max(0, after))} after ${release}`);
    scale.for(0.1, `revision ${previous.revision} was in force before it`);
  } else {
    scale.against(
      0.5,
      `the newest release is ${speakDuration(after)} older than the breach, more than ${speakDuration(policy.recentRollout)}`,
    );
  }
  weighOldAgainstNewPods(health.pods, current, scale);
  const failing = facts.pods.filter(
    (pod) => pod.templateHash === current.templateHash && pod.waitingReason !== null,
  );
  if (failing.length > 0) {
    scale.for(
      0.3,
      `${failing.length} new pods do not start: ${failing.map((pod) => pod.waitingReason).join(', ')}`,
    );
  }
  for (const dependency of dependencies) {
    if (dependency.status === 'critical' && dependency.breachedSince !== null) {
      const earlier = breachedAt - Date.parse(dependency.breachedSince);
      if (earlier > 0) {
        scale.against(
          0.4,
          `${dependency.service} has been breached for ${speakDuration(earlier)} longer`,
        );
      }
    } else if (dependency.status === 'unproven') {
      scale.unknown(`whether ${dependency.service} is healthy`);
    }
  }
}

/** While old and new pods run side by side, a bad release shows on the new ones alone. */
function weighOldAgainstNewPods(
  pods: readonly PodReading[],
  current: RevisionFacts,
  scale: Scale,
): void {
  const fresh = failureShare(pods.filter((pod) => pod.templateHash === current.templateHash));
  const old = failureShare(pods.filter((pod) => pod.templateHash !== current.templateHash));
  if (fresh === null || old === null) {
    scale.unknown('how old and new pods compare: they do not both serve requests');
    return;
  }
  const shares = `new pods fail or are slow on ${round(fresh)} % of requests, old pods on ${round(old)} %`;
  if (fresh > 2 * old + 1) scale.for(0.25, shares);
  else if (old > 1) scale.against(0.4, shares);
}

function weighHungPods(
  { facts, health, now }: Evidence,
  policy: Policy['diagnose'],
  scale: Scale,
): void {
  // Pods that have just started are not yet ready and not yet scraped: that is no sign of hanging.
  const running = facts.pods.filter(
    (pod) =>
      pod.phase === 'Running' && now - Date.parse(pod.startedAt ?? facts.readAt) > startGrace,
  );
  const notReady = running.filter((pod) => !pod.ready);
  if (notReady.length > 0) {
    scale.for(0.4, `${notReady.length} of ${running.length} running pods are not ready`);
  }
  // Monitoring may still list a pod that has left: only those of the deployment count.
  const present = new Set(running.map((pod) => pod.name));
  const silent = health.pods.filter((pod) => !pod.up && present.has(pod.pod));
  if (silent.length > 0) {
    scale.for(0.5, `${silent.length} of ${health.pods.length} pods do not answer monitoring`);
  }
  const stalled = health.pods.filter(
    (pod) => (pod.eventLoopLagMs ?? 0) > 1_000 && present.has(pod.pod),
  );
  if (stalled.length > 0) {
    scale.for(
      0.3,
      `${stalled.length} pods stalled: longest ${round(Math.max(...stalled.map((pod) => pod.eventLoopLagMs ?? 0)))} ms`,
    );
  }
  const killed = facts.pods.filter((pod) => pod.lastTerminationReason === 'OOMKilled');
  if (killed.length > 0) scale.for(0.4, `${killed.length} pods were killed for lack of memory`);
  const restarted = facts.pods.filter(
    (pod) => pod.restarts > 0 && pod.lastTerminationReason !== 'OOMKilled',
  );
  if (restarted.length > 0) scale.for(0.2, `${restarted.length} pods restarted by themselves`);
  const limit = facts.limits.memoryBytes;
  if (limit === null) scale.unknown('how near the pods are to a memory limit: none is set');
  else {
    const full = facts.pods.filter((pod) => (pod.memoryBytes ?? 0) > 0.9 * limit);
    if (full.length > 0) scale.for(0.3, `${full.length} pods use over 90 % of their memory limit`);
  }
  const breachedAt = health.breachedSince === null ? now : Date.parse(health.breachedSince);
  const after = breachedAt - Date.parse(facts.lastRolloutAt);
  if (after >= -clockTolerance && after <= policy.recentRollout && previousRevision(facts)) {
    scale.against(0.3, `a release went out ${speakDuration(Math.max(0, after))} before the breach`);
  }
}

/**
 * Where a rollback goes: the last revision in force before the present release. Restarts are no releases; a revision
 * created after the present one was itself rolled back from, so it is never gone back to.
 */
export function previousRevision(facts: DeploymentFacts): RevisionFacts | undefined {
  const current = facts.revisions.find((revision) => revision.current);
  if (current === undefined) return undefined;
  return facts.revisions
    .filter(
      (revision) =>
        revision.templateDigest !== current.templateDigest &&
        revision.revision < current.revision &&
        Date.parse(revision.createdAt) <= Date.parse(current.createdAt),
    )
    .sort((a, b) => b.revision - a.revision)[0];
}

/** Percent of requests that failed or were slow; null without requests. */
function failureShare(pods: readonly PodReading[]): number | null {
  const requests = pods.reduce((sum, pod) => sum + pod.requests, 0);
  if (requests === 0) return null;
  return percent(
    pods.reduce((sum, pod) => sum + Math.max(pod.errors, pod.slow), 0),
    requests,
  );
}

function weighed(name: string, weigh: (scale: Scale) => void): HypothesisView {
  let score = 0;
  const view = { for: [] as string[], against: [] as string[], unknown: [] as string[] };
  weigh({
    for: (weight, statement) => {
      score += weight;
      view.for.push(statement);
    },
    against: (weight, statement) => {
      score -= weight;
      view.against.push(statement);
    },
    unknown: (statement) => view.unknown.push(statement),
  });
  return { name, score: round(Math.min(1, Math.max(0, score))), ...view };
}
