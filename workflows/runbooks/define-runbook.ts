import type { DeploymentFacts, Intent } from '../../activities/contracts/kubernetes.contract.js';
import type { ServiceHealth } from '../../activities/contracts/monitoring.contract.js';
import type { RunbookName } from '../../configuration/policy.schema.js';

/** What a runbook looks at. */
export interface Situation {
  readonly now: number;
  readonly facts: DeploymentFacts;
  readonly health: ServiceHealth;
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
}

export const defineRunbook = (runbook: Runbook): Runbook => runbook;
