import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHttpMetrics } from '../../services/shared/telemetry/http-metrics.js';
import type { HttpMetrics, RouteSeries } from '../../services/shared/telemetry/http-metrics.js';
import { MetricsRegistry } from '../../services/shared/telemetry/metrics-registry.js';
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
  /** `/metrics` never answers, all else does. */
  hidesMetrics: boolean;
  /** As a process that died and came back at the same address: all counters begin anew. */
  restart(): void;
  stop(): Promise<void>;
}

/** A process as monitoring sees one: real metrics on a loopback port, and a readiness that the test decides. */
export async function startMonitoredService(): Promise<MonitoredService> {
  let process = startProcess();
  const server = createServer((request, response) => {
    if (service.status === null) return;
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://pod');
    const { registry, signals } = process;
    if (pathname === '/signals') {
      response.end(JSON.stringify(signals.read(searchParams.get('since') ?? undefined)));
      return;
    }
    if (pathname !== '/metrics') {
      response.writeHead(service.status).end();
      return;
    }
    if (service.hidesMetrics) return;
    void registry.metrics().then((text) => {
      response.writeHead(200, { 'content-type': registry.contentType }).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const service: MonitoredService = {
    address: `127.0.0.1:${port}`,
    status: 200,
    hidesMetrics: false,
    get reads() {
      return process.metrics.seriesFor('GET', '/items/:id');
    },
    get writes() {
      return process.metrics.seriesFor('POST', '/orders');
    },
    get metrics() {
      return process.metrics;
    },
    get signals() {
      return process.signals;
    },
    restart() {
      process = startProcess();
    },
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
  return service;
}

function startProcess() {
  const registry = new MetricsRegistry();
  registerProcessMetrics(registry);
  const metrics = createHttpMetrics(registry);
  // The series exist from the start, as those of a service's routes do.
  metrics.seriesFor('GET', '/items/:id');
  metrics.seriesFor('POST', '/orders');
  return { registry, metrics, signals: new SignalRing() };
}
