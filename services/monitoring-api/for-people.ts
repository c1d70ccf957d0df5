/** Labels of what a person has to see and the operator must leave alone. There is no `slo`: it is about no objective. */
export const labelsForPeople = (service: string) =>
  ({ automation: 'manual', service, severity: 'warning' }) as const;
