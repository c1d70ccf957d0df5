import { inspectDeployment } from '../activity-proxies.js';
import type { Incident } from '../incident.js';
import type { NextPhase } from '../incident-state.js';
import { chooseRunbooks, spentRunbooks } from '../policies/choice.js';
import type { Evidence } from '../policies/diagnosis.js';
import { diagnose as weighEvidence } from '../policies/diagnosis.js';
import { isBreachedNow } from '../policies/health.js';
import { rollbackTarget, weighRevisions } from '../policies/revisions.js';
import { blamedReleases } from './plan.js';
import { readServices, speakHealth } from './read-services.js';

/** What fits the evidence? */
export async function diagnose(incident: Incident): Promise<NextPhase> {
  const { state, policy } = incident;
  const [facts, health] = await Promise.all([
    inspectDeployment(state.target),
    readServices(incident),
  ]);
  state.facts = facts;
  if (health === undefined) {
    incident.say('Monitoring gave no reading to diagnose by');
    return 'ask';
  }
  if (!isBreachedNow(health)) {
    incident.note('verdict', `not breached any more, ${speakHealth(health)}`);
    return 'confirm';
  }
  const evidence: Evidence = {
    now: Date.now(),
    facts,
    health,
    dependencies: state.health.slice(1),
    blamed: blamedReleases(incident),
    counted: state.counted,
  };
  state.hypotheses = weighEvidence(evidence, policy.diagnose);
  const canGoElsewhere = rollbackTarget(weighRevisions(evidence)) !== undefined;
  const choice = chooseRunbooks(
    state.hypotheses,
    spentRunbooks(state.attempts, canGoElsewhere),
    policy,
  );
  const best = state.hypotheses[0];
  incident.note(
    'diagnosis',
    choice.kind === 'ask'
      ? `no answer: ${choice.why}`
      : `${choice.hypothesis} (${best?.score ?? 0}): ${best?.for.join('; ') ?? ''}`,
    { hypotheses: state.hypotheses },
  );
  if (choice.kind === 'ask') {
    const last = state.attempts.at(-1);
    incident.say(`${last === undefined ? '' : `${last.summary}. `}Cause not clear: ${choice.why}`);
    return 'ask';
  }
  if (state.remedies >= policy.maxAttempts) {
    const last = state.attempts.at(-1)?.summary ?? 'It did not help';
    incident.say(`${last}. The policy allows no remedy after ${state.remedies} by itself`);
    return 'ask';
  }
  incident.say(`Likely cause: ${choice.hypothesis}`);
  state.candidates = choice.runbooks.map((runbook) => ({
    runbook,
    hypothesis: choice.hypothesis,
    chosen: null,
  }));
  return 'plan';
}
