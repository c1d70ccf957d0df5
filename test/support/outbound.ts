import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitoringRoutes } from '../../services/monitoring-api/monitoring.routes.js';
import type { OutboundRoutesOptions } from '../../services/outbound-api/app.js';
import { createApi } from '../../services/shared/http/create-api.js';
import { Readiness } from '../../services/shared/http/health-routes.js';
import { serve } from '../../services/shared/http/server.js';
import type { Database } from '../../services/shared/storage/database.js';
import { openDatabase } from '../../services/shared/storage/database.js';
import { migrate } from '../../services/shared/storage/migrate.js';
import { packageFolder } from '../../services/shared/storage/package-folder.js';
import { MetricsRegistry } from '../../services/shared/telemetry/metrics-registry.js';
import { silent } from './api.js';
import { FedMonitor } from './fed-monitor.js';
import { startPostgres } from './postgres.js';

export interface OutboundDatabase {
  readonly url: string;
  readonly database: Database;
  stop(): Promise<void>;
}

/** A PostgreSQL of its own with the tables of outbound-api. */
export async function openOutboundDatabase(): Promise<OutboundDatabase> {
  const postgres = await startPostgres();
  const url = await postgres.createDatabase('outbound_test');
  await migrate({
    databaseUrl: url,
    schema: 'outbound',
    folder: packageFolder('services/outbound-api/migrations'),
    logger: silent,
  });
  const database = openDatabase(url, { schema: 'outbound', name: 'test' });
  return {
    url,
    database,
    async stop() {
      await database.end({ timeout: 1 });
      await postgres.stop();
    },
  };
}

/** The routes with nothing set: no isolation, nothing dispatched, no token, monitoring out of reach. */
export function outboundOptions(database: Database): OutboundRoutesOptions {
  return {
    database,
    modes: {
      read: () => ({
        switches: {
          mode: { value: 'normal', until: null },
          shed: { value: 'none', until: null },
        },
        isolations: new Map(),
      }),
    },
    registry: new MetricsRegistry(),
    breaker: null,
    monitoring: { url: 'http://127.0.0.1:1', service: 'outbound' },
    tokens: { service: [], sre: [] },
    logger: silent,
  };
}

export interface ReceivedOrder {
  readonly key: string;
  readonly traceparent: string;
  readonly tenantId: string;
  readonly reference: string;
}

export interface DownstreamUnderTest {
  readonly url: string;
  /** In the order of arrival. */
  readonly received: ReceivedOrder[];
  /** The status for an order; null: it is never answered. Redirects lead to a page that answers 200. */
  answer: (order: ReceivedOrder) => number | null;
  stop(): Promise<void>;
}

/** A downstream on a loopback port that answers as the test says. */
export async function startDownstream(): Promise<DownstreamUnderTest> {
  const server = createServer((request, response) => {
    if (request.method !== 'POST') {
      response.end('some page');
      return;
    }
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      const { tenantId, reference } = JSON.parse(body) as ReceivedOrder;
      const { 'idempotency-key': key, traceparent } = request.headers;
      const order = { key: String(key), traceparent: String(traceparent), tenantId, reference };
      downstream.received.push(order);
      const status = downstream.answer(order);
      if (status !== null) response.writeHead(status, { location: '/' }).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const downstream: DownstreamUnderTest = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: [],
    answer: () => 201,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return downstream;
}

export interface MonitoringUnderTest {
  readonly url: string;
  /** The service that the test feeds with traffic. */
  readonly service: string;
  /** Feeds ten seconds of it; a warning takes twenty. */
  feed(health: 'ok' | 'warning' | 'critical'): void;
  stop(): Promise<void>;
}

/** monitoring-api's own routes on a loopback port, over a monitor that the test feeds. */
export async function startFedMonitoring(): Promise<MonitoringUnderTest> {
  const fed = new FedMonitor();
  const registry = new MetricsRegistry();
  const readiness = new Readiness();
  const api = createApi({
    title: 'monitoring-api',
    release: 'test',
    readiness,
    registry,
    logger: silent,
    faults: null,
    routes: monitoringRoutes({ monitor: fed.monitor, registry, now: () => fed.now }),
  });
  const server = await serve(api, {
    host: '127.0.0.1',
    port: 0,
    readiness,
    logger: silent,
    drainMs: 0,
  });
  return {
    url: server.url,
    service: fed.service,
    feed(health) {
      const well = { reads: 40, writes: 10 };
      if (health !== 'ok') fed.seconds(10, { 'api-old-a': { ...well, writeErrors: 10 } });
      if (health !== 'critical') fed.seconds(10, { 'api-old-a': well });
    },
    stop: server.stop,
  };
}
