import type { ServiceHealth } from '../../activities/contracts/monitoring.contract.js';
import { readHealth } from '../activity-proxies.js';
import type { Incident } from '../incident.js';
import { speakReading } from '../policies/numbers.js';
import { rememberCounts } from '../policies/template-counts.js';

/** A fresh look at the service and its dependencies. Keeps it as the incident's newest evidence. */
export async function readServices(incident: Incident): Promise<ServiceHealth | undefined> {
  incident.nudged = false;
  const health = await readHealth({ services: incident.services });
  const { state } = incident;
  state.health = health;
  state.healthReadAt = Date.now();
  const own = health[0];
  state.counted = rememberCounts(state.counted, own?.pods ?? []);
  if (own?.status === 'critical') {
    state.breachSeen = true;
    state.breachedFrom ??= own.breachedSince;
  }
  return own;
}

/** `critical: error-rate 12 % (at most 1 %, 240 requests)`: what a reading says, worst first. */
export function speakHealth(health: ServiceHealth | undefined): string {
  if (health === undefined) return 'monitoring gave no reading';
  const telling = health.slos.filter((slo) => slo.state !== 'ok');
  const shown = telling.length > 0 ? telling : health.slos;
  return `${health.status}: ${shown.map(speakReading).join(', ')}`;
}
