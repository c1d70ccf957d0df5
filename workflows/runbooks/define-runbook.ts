import type { Intent } from '../../activities/contracts/kubernetes.contract.js';
import type { RunbookName } from '../../configuration/policy.schema.js';
import type { RevisionEvidence } from '../policies/revisions.js';

/** What a runbook looks at. */
export interface Situation extends RevisionEvidence {
  readonly now: number;
  /** UID of the revision's ReplicaSet that a person chose to go back to; null: the runbook finds its own. */
  readonly chosen: string | null;
}

/** A named remedy. Pure: facts in, intents out; the gate does the rest. */
export interface Runbook {
  readonly name: RunbookName;
  /** Reasons not to use it here, each a sentence for people. Empty: its preconditions hold. */
  refusals(situation: Situation): string[];
  plan(situation: Situation): RunbookPlan;
}

export interface RunbookPlan {
  readonly summary: string;
  readonly intents: readonly Intent[];
  readonly expectedEffect: string;
  /** How it is taken back when it does not help. */
  readonly undo: string;
  /** The release it goes back to (`templateDigest`): should that be in vain, it is not gone back to again. */
  readonly restores: string | null;
}

export const defineRunbook = (runbook: Runbook): Runbook => runbook;
