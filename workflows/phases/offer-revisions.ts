import type { RevisionView } from '../incident-view.js';
import type { Incident } from '../incident.js';
import { weighRevisions } from '../policies/revisions.js';
import { refusalsOf, situationOf } from './plan.js';

/** The revisions that a person may choose from, with what is known of each. Nothing where none may be gone back to. */
export function offerRevisions(incident: Incident): { revisions?: readonly RevisionView[] } {
  const situation = situationOf(incident);
  if (situation === null) return {};
  const revisions = weighRevisions(situation).map(({ revision, standing, known }): RevisionView => {
    const chosen = revision.replicaSetUid;
    const candidate = { runbook: 'rollback', hypothesis: 'unknown', chosen } as const;
    return {
      revision: revision.revision,
      replicaSetUid: revision.replicaSetUid,
      image: revision.image,
      changeCause: revision.changeCause,
      createdAt: revision.createdAt,
      standing,
      known,
      refusal: refusalsOf(incident, candidate, situation)[0] ?? null,
    };
  });
  return revisions.some(({ refusal }) => refusal === null) ? { revisions } : {};
}
