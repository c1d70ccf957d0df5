import type {
  DeploymentFacts,
  RevisionFacts,
} from '../../activities/contracts/kubernetes.contract.js';
import type { ServiceHealth } from '../../activities/contracts/monitoring.contract.js';
import type { HypothesisName, Policy } from '../../configuration/policy.schema.js';
import type { HypothesisView } from '../incident-view.js';
import { failureShare } from './failure-share.js';
import { round, speakDuration } from './numbers.js';
import type { RevisionEvidence, RevisionOption } from './revisions.js';
import {
  isReplacedSoon,
  nameRevision,
  podsOfRelease,
  rollbackTarget,
  weighRevisions,
} from './revisions.js';

/** Everything a diagnosis may look at. */
export interface Evidence extends RevisionEvidence {
  readonly now: number;
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

function weighBadRelease(evidence: Evidence, policy: Policy['diagnose'], scale: Scale): void {
  const { facts, health, dependencies, now } = evidence;
  const current = facts.revisions.find((revision) => revision.current);
  if (current === undefined || !hasOtherRelease(facts)) {
    scale.against(1, 'there is no earlier revision with another template');
    return;
  }
  const breachedAt = health.breachedSince === null ? now : Date.parse(health.breachedSince);
  const after = breachedAt - Date.parse(facts.releasedAt);
  const release = nameRevision(current);
  const target = rollbackTarget(weighRevisions(evidence));
  if (after < -clockTolerance) {
    scale.against(0.7, `the breach began ${speakDuration(-after)} before ${release}`);
  } else if (after <= policy.recentRollout) {
    scale.for(0.55, `the breach began ${speakDuration(Math.max(0, after))} after ${release}`);
    weighTarget(target, scale);
  } else {
    scale.against(
      0.5,
      `the newest release is ${speakDuration(after)} older than the breach, more than ${speakDuration(policy.recentRollout)}`,
    );
  }
  weighOldAgainstNewPods(evidence, { current, target }, scale);
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

function hasOtherRelease({ revisions }: DeploymentFacts): boolean {
  const current = revisions.find((revision) => revision.current);
  return revisions.some(({ templateDigest }) => templateDigest !== current?.templateDigest);
}

/** That what stood before did serve well speaks for the release as the cause; that nobody knows, for nothing. */
function weighTarget(target: RevisionOption | undefined, scale: Scale): void {
  if (target === undefined) {
    scale.unknown('which earlier revision works: of each it is known that it does not');
  } else if (target.standing === 'served') {
    scale.for(0.1, `${nameRevision(target.revision)} ${target.known}`);
  } else {
    scale.unknown(`whether ${nameRevision(target.revision)} ever served well: it ${target.known}`);
  }
}

/** While old and new pods run side by side, a bad release shows on the new ones alone. */
function weighOldAgainstNewPods(
  { facts, health }: Evidence,
  releases: { readonly current: RevisionFacts; readonly target: RevisionOption | undefined },
  scale: Scale,
): void {
  const { current, target } = releases;
  const newPods = podsOfRelease(current, facts, health);
  // Of two releases in a row the first may be as bad: what counts is what was there before both.
  const alsoNew = facts.revisions
    .filter((revision) => isReplacedSoon(revision, facts))
    .flatMap((revision) => podsOfRelease(revision, facts, health));
  const oldPods =
    target?.standing === 'served'
      ? podsOfRelease(target.revision, facts, health)
      : health.pods.filter((pod) => !newPods.includes(pod) && !alsoNew.includes(pod));
  const fresh = failureShare(newPods);
  const old = failureShare(oldPods);
  if (fresh === null || old === null) {
    scale.unknown('how old and new pods compare: they do not both serve requests');
    return;
  }
  const shares = `new pods fail or are slow on ${round(fresh)} % of requests, old pods on ${round(old)} %`;
  if (fresh > 2 * old + 1) scale.for(0.25, shares);
  else if (old > 1) scale.against(0.4, shares);
}

function weighHungPods(evidence: Evidence, policy: Policy['diagnose'], scale: Scale): void {
  const { facts, health, now } = evidence;
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
  const after = breachedAt - Date.parse(facts.releasedAt);
  const isRecent = after >= -clockTolerance && after <= policy.recentRollout;
  if (isRecent && hasOtherRelease(facts)) {
    scale.against(0.3, `a release went out ${speakDuration(Math.max(0, after))} before the breach`);
  }
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
