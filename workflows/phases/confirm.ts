import { iso } from '../clock.js';
import type { Incident } from '../incident.js';
import type { NextPhase } from '../incident-state.js';
import { assessConfirmation, noReadingYet } from '../policies/confirmation.js';
import { readServices, speakHealth } from './read-services.js';

/** Is the SLO really breached, now? Acts on its own readings, never on an alert alone. */
export async function confirm(incident: Incident): Promise<NextPhase> {
  const policy = incident.policy.confirm;
  const deadline = Date.now() + policy.deadline;
  let progress = noReadingYet;
  for (;;) {
    const health = await readServices(incident);
    const assessment = assessConfirmation(progress, health, Date.now(), deadline, policy);
    switch (assessment.kind) {
      case 'breached':
        incident.note('verdict', `confirmed, ${speakHealth(health)}`, health);
        return 'diagnose';
      case 'healthy':
        incident.note('verdict', `healthy, ${speakHealth(health)}`, health);
        return concludeHealthy(incident, assessment.since);
      case 'unproven':
        incident.note('verdict', `unproven: ${assessment.why}`, health);
        incident.say(`Monitoring cannot tell whether the service is healthy: ${assessment.why}`);
        return 'ask';
      case 'undecided':
        progress = assessment.progress;
        incident.say(speakHealth(health));
        await incident.waitUntil(
          assessment.readAgainAt,
          () => incident.nudged || incident.abort !== null,
        );
    }
    if (incident.abort !== null) return incident.concludeAborted();
  }
}

/** `since`: from when on it was seen healthy, epoch milliseconds. A cure is claimed only where it was proven. */
function concludeHealthy(incident: Incident, since: number): NextPhase {
  const { state } = incident;
  if (state.breachSeen) state.recoveredAt ??= iso(since);
  if (state.cure !== null) return incident.conclude('recovered', 'the service is healthy again');
  if (state.remedies > 0) {
    const tried = [...new Set(state.attempts.map(({ runbook }) => runbook))].join(', ');
    return incident.conclude(
      'self-recovered',
      `the service is healthy again; that ${tried || 'what was done'} brought it about was not proven`,
    );
  }
  if (state.breachSeen) {
    return incident.conclude(
      'self-recovered',
      'the service recovered before this incident changed anything',
    );
  }
  const before = state.episode?.handledBefore;
  return incident.conclude(
    'false-alarm',
    before
      ? `the service is healthy; this alert was already handled in ${before}`
      : 'the service is healthy and was not seen breached',
  );
}
