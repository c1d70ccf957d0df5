import type { MonitoringActivities } from '../contracts/monitoring.contract.js';
import type { MonitoringClient } from './monitoring-client.js';

export const readActiveAlerts =
  ({ client }: { readonly client: MonitoringClient }): MonitoringActivities['readActiveAlerts'] =>
  async ({ service }) =>
    (await client.readAlerts()).filter(
      (alert) => alert.service === service && alert.state !== 'resolved',
    );
