import type { KubernetesActivities } from './kubernetes.contract.js';
import type { MonitoringActivities } from './monitoring.contract.js';
import type { NotificationActivities } from './notifications.contract.js';
import type { RegistryActivities } from './registry.contract.js';

/** Everything a workflow may ask of the outside world. `createActivities` proves that all of it exists. */
export interface RunbookActivities
  extends KubernetesActivities, MonitoringActivities, NotificationActivities, RegistryActivities {}
