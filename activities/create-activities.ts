import type { RunbookActivities } from './contracts/index.js';
import {
  createKubernetesActivities,
  type KubernetesDependencies,
} from './kubernetes/create-kubernetes-activities.js';
import { createMonitoringActivities } from './monitoring/create-monitoring-activities.js';
import type { MonitoringClient } from './monitoring/monitoring-client.js';
import {
  createNotificationActivities,
  type NotificationDependencies,
} from './notifications/notify.activity.js';
import {
  createRegistryActivities,
  type RegistryDependencies,
} from './registry/create-registry-activities.js';

export interface ActivityDependencies {
  readonly kubernetes: KubernetesDependencies;
  readonly monitoring: MonitoringClient;
  readonly registry: RegistryDependencies;
  readonly notifications: NotificationDependencies;
}

/** Dependencies in, everything a workflow may ask for out. */
export const createActivities = (dependencies: ActivityDependencies) =>
  ({
    ...createKubernetesActivities(dependencies.kubernetes),
    ...createMonitoringActivities({ client: dependencies.monitoring }),
    ...createRegistryActivities(dependencies.registry),
    ...createNotificationActivities(dependencies.notifications),
  }) satisfies RunbookActivities;
