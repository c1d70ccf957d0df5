import type {
  DeploymentFacts,
  RevisionFacts,
} from '../../activities/contracts/kubernetes.contract.js';
import { nameRevision } from './revisions.js';

/** What somebody else did to the Deployment while it was in breach. Who did it is in none of the facts. */
export interface ChangeByOthers {
  /** `somebody changed deployment shop/api from revision 4 (1.2) to revision 5 (1.3) at 2026-…`. */
  readonly summary: string;
  /** ISO 8601; null when only the object's generation tells of it. */
  readonly at: string | null;
}

/** Monitoring's clock and the API server's may differ by so much: the release that broke it must not seem to have mended it. */
const clockTolerance = 2_000;

export interface WhileInBreach {
  /** Read at the end. */
  readonly now: DeploymentFacts;
  /** As diagnosed, if it came to that. */
  readonly diagnosed: DeploymentFacts | null;
  /** ISO 8601. */
  readonly breachedFrom: string;
  readonly recoveredAt: string;
  /** Whether a remedy of ours changed it too: then only a release by others is told from it. */
  readonly changedByUs: boolean;
}

/**
 * A template that was set between breach and recovery: released, restarted or gone back to, whatever it was. Else
 * another generation than at the diagnosis: something beside the template, such as the number of replicas.
 */
export function findChangeByOthers(during: WhileInBreach): ChangeByOthers | null {
  const { now, diagnosed, changedByUs } = during;
  const name = `${now.target.namespace}/${now.target.name}`;
  const current = now.revisions.find((revision) => revision.current);
  const at = templateSetAt(during, current);
  if (at !== null && current !== undefined) {
    const before = revisionBefore(current, now);
    const from = before === undefined ? '' : ` from ${nameRevision(before)}`;
    return {
      summary: `somebody changed deployment ${name}${from} to ${nameRevision(current)} at ${at}`,
      at,
    };
  }
  // An autoscaler changes the number of replicas, and with it the generation, as it likes.
  const isSteered = now.owners.horizontalPodAutoscaler !== null;
  if (changedByUs || isSteered || diagnosed === null || diagnosed.generation === now.generation) {
    return null;
  }
  return {
    summary: `somebody changed deployment ${name} (generation ${diagnosed.generation} to ${now.generation}) but not its template`,
    at: null,
  };
}

/** Null when the present template was set before the breach, after the recovery, or by us. */
function templateSetAt(
  { now, breachedFrom, recoveredAt, changedByUs }: WhileInBreach,
  current: RevisionFacts | undefined,
): string | null {
  // A restart by hand is no release, but it makes a new ReplicaSet.
  const known = [
    now.releasedAt,
    ...(changedByUs || current === undefined ? [] : [current.createdAt]),
  ];
  const within = known.filter(
    (at) =>
      Date.parse(at) > Date.parse(breachedFrom) + clockTolerance &&
      Date.parse(at) <= Date.parse(recoveredAt),
  );
  return within.sort((one, other) => Date.parse(other) - Date.parse(one))[0] ?? null;
}

/** Every change gives the revision in force the highest number: the one before it has the next. */
const revisionBefore = (
  current: RevisionFacts,
  { revisions }: DeploymentFacts,
): RevisionFacts | undefined =>
  revisions
    .filter(({ revision }) => revision < current.revision)
    .sort((one, other) => other.revision - one.revision)[0];
