import type { ServiceHealth } from '../../activities/contracts/monitoring.contract.js';
import { inspectDeployment, readActiveAlerts } from '../activity-proxies.js';
import { isoNow } from '../clock.js';
import type { Incident } from '../incident.js';
import type { Conclusion, IncidentState, NextPhase } from '../incident-state.js';
import { findChangeByOthers } from '../policies/change-by-others.js';
import { isBreachedNow, isHealthyNow } from '../policies/health.js';
import { readServices, speakHealth } from './read-services.js';

/** Is everything owned? A cure is claimed only with green alerts and a service that is healthy at the end. */
export async function close(incident: Incident): Promise<NextPhase> {
  const { state } = incident;
  let conclusion = state.conclusion ?? { outcome: 'unresolved' as const, summary: state.headline };

  if (conclusion.outcome === 'recovered') {
    incident.say('Recovered: waiting for the alerts to turn green');
    const stillFiring = await awaitGreenAlerts(incident);
    const health = await readLast(incident);
    if (!isHealthyNow(health)) {
      const isBreached = isBreachedNow(health);
      incident.note(
        'verdict',
        `${isBreached ? 'breached again' : 'not proven healthy'} before closing, ${speakHealth(health)}`,
      );
      if (isBreached) disownCure(state);
      state.conclusion = null;
      return 'confirm';
    }
    if (stillFiring.length > 0) {
      conclusion = {
        outcome: 'recovered-with-debt',
        summary: `${conclusion.summary}; still firing: ${stillFiring.join(', ')}`,
      };
    }
  }

  if (conclusion.outcome === 'self-recovered') {
    conclusion = await tellChangeByOthers(incident, conclusion);
  }

  state.outcome = conclusion.outcome;
  state.closedAt = isoNow();
  state.headline = `${conclusion.outcome}: ${conclusion.summary}`;
  incident.note('phase', `closed as ${conclusion.outcome}: ${conclusion.summary}`);
  incident.recorder.add({
    kind: 'closed',
    input: {
      ...state.ref,
      outcome: conclusion.outcome,
      closedAt: state.closedAt,
      breachedFrom: state.breachedFrom,
      detectedAt: state.openedAt,
      mitigatedAt: state.mitigatedAt,
      recoveredAt: state.recoveredAt,
      verdictWindowMs: state.settings.verdictWindow,
      runbook: state.cure?.runbook ?? null,
      mutations: state.mutationsApplied,
      rootCause: state.cure?.hypothesis ?? null,
      summary: conclusion.summary,
    },
  });
  incident.publish();
  return 'linger';
}

/** What seems to have recovered by itself may have been mended by a person: the record says so where it shows. */
async function tellChangeByOthers(
  incident: Incident,
  { outcome, summary }: Conclusion,
): Promise<Conclusion> {
  const { state } = incident;
  if (state.breachedFrom === null) return { outcome, summary };
  const now = await inspectDeployment(state.target).catch(() => null);
  if (now === null) {
    const unread = 'whether somebody changed the Deployment meanwhile could not be read';
    return { outcome, summary: `${summary}; ${unread}` };
  }
  const change = findChangeByOthers({
    now,
    diagnosed: state.facts,
    breachedFrom: state.breachedFrom,
    recoveredAt: state.recoveredAt ?? isoNow(),
    changedByUs: state.mutationsApplied > 0,
  });
  if (change === null) return { outcome, summary };
  incident.note('note', change.summary, { changeByOthers: change });
  return {
    outcome,
    summary:
      state.mutationsApplied > 0
        ? `${summary}; ${change.summary}`
        : `the service recovered after ${change.summary}`,
  };
}

/** The last look is newer than every alert that was heard. */
async function readLast(incident: Incident): Promise<ServiceHealth | undefined> {
  for (;;) {
    const health = await readServices(incident);
    if (!incident.nudged) return health;
  }
}

/** What broke again was not cured. */
function disownCure(state: IncidentState): void {
  state.cure = null;
  state.mitigatedAt = null;
  state.recoveredAt = null;
}

/** Names of the critical alerts that still fire at the deadline; none when all turned green. */
async function awaitGreenAlerts(incident: Incident): Promise<string[]> {
  const { policy, state } = incident;
  const deadline = Date.now() + policy.close.alertsDeadline;
  for (;;) {
    incident.nudged = false;
    const alerts = await readActiveAlerts({ service: state.ref.service });
    const firing = alerts
      .filter((alert) => alert.state === 'firing' && alert.severity === 'critical')
      .map((alert) => alert.alertname);
    if (firing.length === 0) {
      incident.note('verdict', 'every critical alert is green');
      return [];
    }
    if (Date.now() >= deadline || incident.abort !== null) return firing;
    await incident.waitUntil(
      Math.min(deadline, Date.now() + policy.confirm.pollInterval * 2),
      () => incident.nudged || incident.abort !== null,
      'green alerts',
    );
  }
}
