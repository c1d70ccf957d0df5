import type { ServiceHealth } from '../../activities/contracts/monitoring.contract.js';
import { previewMutations } from '../activity-proxies.js';
import type { Incident } from '../incident.js';
import type { NextPhase, Candidate } from '../incident-state.js';
import { guardrails } from '../policies/guardrails.js';
import type { BlamedRelease } from '../policies/revisions.js';
import type { Situation } from '../runbooks/define-runbook.js';
import { runbooks } from '../runbooks/index.js';

/** What exactly would be done? The first candidate that nothing forbids is planned by the server's dry run. */
export async function plan(incident: Incident): Promise<NextPhase> {
  const { state } = incident;
  const situation = situationOf(incident);
  let refused: string | null = null;
  for (
    let candidate = state.candidates[0];
    candidate !== undefined && situation !== null;
    candidate = state.candidates[0]
  ) {
    const refusals = refusalsOf(incident, candidate, situation);
    if (refusals.length === 0) {
      await planCandidate(incident, candidate, situation);
      return 'decide';
    }
    refused = `${candidate.runbook} refused: ${refusals.join('; ')}`;
    state.candidates = state.candidates.slice(1);
    incident.note('plan', refused, { refusals });
  }
  incident.say(refused ?? 'No runbook is left to try by itself');
  return 'ask';
}

export function refusalsOf(
  incident: Incident,
  candidate: Candidate,
  situation: Situation,
): string[] {
  const { state, policy } = incident;
  return [
    ...guardrails(situation.facts, state.ownMutations, situation.now, policy.act),
    ...runbooks[candidate.runbook].refusals({ ...situation, chosen: candidate.chosen }),
  ];
}

export function situationOf(incident: Incident): Situation | null {
  const { facts, counted } = incident.state;
  const health: ServiceHealth | undefined = incident.state.health[0];
  if (facts === null || health === undefined) return null;
  const blamed = blamedReleases(incident);
  return { now: Date.now(), facts, health, blamed, counted, chosen: null };
}

/** Releases that were gone back to in this incident, in vain. */
export function blamedReleases({ state }: Incident): BlamedRelease[] {
  return state.attempts.flatMap(({ blamed }) => blamed ?? []);
}

async function planCandidate(
  incident: Incident,
  candidate: Candidate,
  situation: Situation,
): Promise<void> {
  const { state, policy } = incident;
  const proposal = runbooks[candidate.runbook].plan({ ...situation, chosen: candidate.chosen });
  const stepId = incident.nextStep(candidate.runbook);
  const preview = await previewMutations({
    idPrefix: `${state.ref.runId}/${stepId}`,
    intents: proposal.intents,
  });
  state.plan = {
    stepId,
    ...candidate,
    hash: preview.planHash,
    risk: policy.runbooks[candidate.runbook].risk,
    summary: proposal.summary,
    expectedEffect: proposal.expectedEffect,
    undo: proposal.undo,
    restores: proposal.restores,
    mutations: preview.mutations,
  };
  incident.note('plan', proposal.summary, incident.describe().plan);
  incident.say(`Planned: ${proposal.summary}`);
}
