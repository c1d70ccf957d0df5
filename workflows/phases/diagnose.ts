import { inspectDeployment } from '../activity-proxies.js';
import type { Incident } from '../incident.js';
import type { NextPhase } from '../incident-state.js';
import { chooseRunbooks } from '../policies/choice.js';
import { diagnose as weighEvidence } from '../policies/diagnosis.js';
import { isBreachedNow } from '../policies/health.js';
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
  state.hypotheses = weighEvidence(
    { now: Date.now(), facts, health, dependencies: state.health.slice(1) },
    policy.diagnose,
  );
  const choice = chooseRunbooks(
    state.hypotheses,
    state.attempts.map((attempt) => attempt.runbook),
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
  }));
  return 'plan';
}
