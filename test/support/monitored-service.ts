import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { createHttpMetrics } from '../../services/shared/telemetry/http-metrics.js';
import type { HttpMetrics, RouteSeries } from '../../services/shared/telemetry/http-metrics.js';
import { registerProcessMetrics } from '../../services/shared/telemetry/process-metrics.js';
import { SignalRing } from '../../services/shared/telemetry/signal-ring.js';

export interface MonitoredService {
  /** `127.0.0.1:port` */
  readonly address: string;
  readonly reads: RouteSeries;
  readonly writes: RouteSeries;
  readonly metrics: HttpMetrics;
  readonly signals: SignalRing;
  /** What `/readyz` answers; null never answers anything at all, `/metrics` and `/signals` included. */
  status: number | null;
  stop(): Promise<void>;
}

/** A process as monitoring sees one: real metrics on a loopback port, and a readiness that the test decides. */
export async function startMonitoredService(): Promise<MonitoredService> {
  const registry = new Registry();
  registerProcessMetrics(registry);
  const metrics = createHttpMetrics(registry);
  const signals = new SignalRing();
  const service = {
    metrics,
    signals,
    status: 200 as number | null,
    reads: metrics.seriesFor('GET', '/items/:id'),
    writes: metrics.seriesFor('POST', '/orders'),
  };
  const server = createServer((request, response) => {
    if (service.status === null) return;
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://pod');
    if (pathname === '/signals') {
      response.end(JSON.stringify(signals.read(searchParams.get('since') ?? undefined)));
      return;
    }
    if (pathname !== '/metrics') {
      response.writeHead(service.status).end();
      return;
    }
    void registry.metrics().then((text) => {
      response.writeHead(200, { 'content-type': registry.contentType }).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(service, {
    address: `127.0.0.1:${port}`,
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  });
}
