import type { StackInfo } from '../../deploy/local/state-folder.js';

/** Where to find what, one line each. */
export function describeStack(info: StackInfo): string[] {
  const { urls } = info;
  const rows: [string, string][] = [
    ['incident-api', urls.incidentApi],
    ['monitoring-api', urls.monitoringApi],
    ['Temporal UI', urls.temporalUi],
    ...Object.entries(urls.services),
    ['downstream', urls.downstream],
    ...(urls.prometheus === undefined ? [] : [['Prometheus', urls.prometheus] as [string, string]]),
    ...(urls.alertmanager === undefined
      ? []
      : [['Alertmanager', urls.alertmanager] as [string, string]]),
    ['Temporal', info.temporalAddress],
    ['kubeconfig', info.kubeconfigs.admin],
    ['tokens', info.secretsFile],
    ['state, logs', info.stateFolder],
  ];
  return rows.map(([what, where]) => `${what.padEnd(15)} ${where}`);
}
