import type { MonitoringActivities } from '../contracts/monitoring.contract.js';
import type { MonitoringClient } from './monitoring-client.js';

export const readHealth =
  ({ client }: { readonly client: MonitoringClient }): MonitoringActivities['readHealth'] =>
  ({ services, since }) =>
    Promise.all(services.map((service) => client.readHealth(service, since)));
