import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { ServiceHealth, SloReading } from '../../activities/contracts/monitoring.contract.js';

/** Stands for monitoring-api where evidence must be ready: every service is in breach since just now. */
export async function serveEvidence(): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const answer =
      pathname === '/monitoring/health'
        ? healthAnswer(searchParams.get('service') ?? '')
        : { active: [], rules: [] };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
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
