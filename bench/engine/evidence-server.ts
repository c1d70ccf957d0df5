import type { ServiceHealth, SloReading } from '../../activities/contracts/monitoring.contract.js';
import { serveJson } from './serve-json.js';
import type { JsonServer } from './serve-json.js';

/** Stands for monitoring-api where evidence must be ready: every service is in breach since just now. */
export function serveEvidence(): Promise<JsonServer> {
  return serveJson(({ pathname, searchParams }) =>
    pathname === '/monitoring/health'
      ? healthAnswer(searchParams.get('service') ?? '')
      : { active: [], rules: [] },
  );
}

function healthAnswer(service: string): object {
  const at = new Date().toISOString();
  const reading: SloReading = {
    service,
    slo: 'error-rate',
    state: 'breached',
    value: 40,
    threshold: 1,
    unit: 'percent',
    from: at,
    windowMs: 4_000,
    samples: 500,
    minSamples: 20,
    budgetLeft: 0,
    burnRate: 40,
  };
  const health: ServiceHealth = {
    service,
    status: 'critical',
    at,
    slos: [reading],
    breachedSince: at,
    pods: [],
    requestRate: 40,
    writes: null,
    reads: null,
  };
  return { status: 'critical', at, sloStatuses: [reading], services: [health] };
}
