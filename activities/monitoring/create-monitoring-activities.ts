import type { MonitoringActivities } from '../contracts/monitoring.contract.js';
import type { MonitoringClient } from './monitoring-client.js';
import { readActiveAlerts } from './read-active-alerts.activity.js';
import { readHealth } from './read-health.activity.js';
import { watchVerdict } from './watch-verdict.activity.js';

export function createMonitoringActivities(dependencies: {
  readonly client: MonitoringClient;
}): MonitoringActivities {
  return {
    readHealth: readHealth(dependencies),
    watchVerdict: watchVerdict(dependencies),
    readActiveAlerts: readActiveAlerts(dependencies),
  };
}
