import type { DeploymentFacts } from '../../activities/contracts/kubernetes.contract.js';
import type { Policy } from '../../configuration/policy.schema.js';
import { speakDuration } from './numbers.js';
import { isUndoOf } from './undo.js';

/**
 * Reasons that forbid touching the target, whatever the runbook. Empty: nothing stands in the way. `own`: ids of the
 * mutations of this very episode, which may be followed by another at once.
 */
export function guardrails(
  facts: DeploymentFacts,
  own: readonly string[],
  now: number,
  policy: Policy['act'],
): string[] {
  const object = `deployment ${facts.target.namespace}/${facts.target.name}`;
  const reasons: string[] = [];
  if (facts.paused) reasons.push(`${object} is paused: somebody is working on it`);
  if (facts.desiredReplicas === 0) reasons.push(`${object} is scaled to 0 replicas`);
  if (facts.owners.gitOps !== null) {
    reasons.push(
      `${object} is owned by ${facts.owners.gitOps}, which would undo the change: change it there`,
    );
  }
  const last = facts.lastMutation;
  if (last !== null && !own.some((id) => last.mutationId === id || isUndoOf(last.mutationId, id))) {
    const ago = now - Date.parse(last.at);
    if (ago < policy.coolDown) {
      reasons.push(
        `${object} was changed ${speakDuration(ago)} ago by ${last.incident}; cool-down is ${speakDuration(policy.coolDown)}`,
      );
    }
  }
  return reasons;
}
