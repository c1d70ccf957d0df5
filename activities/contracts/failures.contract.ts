/** The closed union of failure types that cross from activities to workflows, by `ApplicationFailure.type`. */
export type FailureType =
  // final: trying again cannot help
  | 'InvalidResource'
  | 'Forbidden'
  | 'TargetNotFound'
  | 'PlanChanged'
  | 'FenceLost'
  | 'RolloutStuck'
  | 'InvalidQuery'
  | 'InvalidRecord'
  // retried: the same call may work later
  | 'StaleResource'
  | 'ApiThrottled'
  | 'ApiUnavailable'
  | 'MonitoringUnavailable'
  | 'RegistryUnavailable'
  | 'NotificationFailed';
