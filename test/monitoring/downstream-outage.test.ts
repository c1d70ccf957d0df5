import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { counterAt, parseExposition } from '../../services/monitoring-api/parse-exposition.js';
import { outboundRoutes } from '../../services/outbound-api/app.js';
import { createBreaker } from '../../services/outbound-api/breaker.js';
import { logBreaker } from '../../services/outbound-api/log-breaker.js';
import { startDispatcher } from '../../services/outbound-api/dispatcher.js';
import type { Database } from '../../services/shared/storage/database.js';
import { createLogger } from '../../services/shared/telemetry/logger.js';
import { createHttpMetrics } from '../../services/shared/telemetry/http-metrics.js';
import { MetricsRegistry } from '../../services/shared/telemetry/metrics-registry.js';
import { observeRequests } from '../../services/shared/telemetry/observe-requests.js';
import { SignalRing } from '../../services/shared/telemetry/signal-ring.js';
import { silent } from '../support/api.js';
import { FedMonitor } from '../support/fed-monitor.js';
import { eventually } from '../support/eventually.js';
import type { OutboundDatabase } from '../support/outbound.js';
import { openOutboundDatabase, outboundOptions } from '../support/outbound.js';

let outbound: OutboundDatabase;
let database: Database;
beforeAll(async () => {
  outbound = await openOutboundDatabase();
  database = outbound.database;
}, 60_000);
afterAll(() => outbound.stop());

test('an outage downstream fails no acceptance: health stays ok, the queue keeps the orders, and people are told of both', async () => {
  const registry = new MetricsRegistry();
  const signals = new SignalRing();
  const api = observeRequests(outboundRoutes({ ...outboundOptions(database), registry }), {
    metrics: createHttpMetrics(registry),
    logger: silent,
    signals,
    slowMs: 5_000,
  });
  const logger = createLogger({
    name: 'test',
    level: 'warn',
    destination: { write: () => undefined },
    signals,
  });
  const breaker = createBreaker({ onTurn: logBreaker(logger) });
  // Nobody listens there.
  const dispatcher = startDispatcher({
    database,
    logger: silent,
    downstreamUrl: 'http://127.0.0.1:1',
    breaker,
    idleMs: 20,
  });
  const accept = async (index: number): Promise<number> => {
    const response = await api.fetch(
      new Request('http://localhost/outbound/orders', {
        method: 'POST',
        headers: {
          'x-tenant-id': 'acme',
          'idempotency-key': `key-${index}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({
          warehouseId: 'north',
          reference: `order ${index}`,
          lines: [{ sku: 'SKU-0001', quantity: 1 }],
        }),
      }),
    );
    return response.status;
  };
  const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => accept(index)));
  await eventually('the breaker is open', () => (breaker.state === 'open' ? true : undefined));
  await dispatcher.stop();

  expect(answers).toEqual(Array.from({ length: 40 }, () => 202));
  const { counters, warehouses } = parseExposition(await registry.metrics());
  expect(counters[counterAt.writes]).toBe(40);
  expect(counters[counterAt.writeErrors]).toBe(0);
  expect(warehouses.get('north')).toEqual([40, 0]);
  expect(signals.read().signals).toEqual([
    expect.objectContaining({
      kind: 'log',
      severity: 'warning',
      message: expect.stringMatching(/^the downstream does not answer: the circuit breaker opens/),
    }),
  ]);
  const [row] = await database<[{ kept: number }]>`
    select count(*)::int as kept from orders where status <> 'delivered'`;
  expect(row.kept).toBe(40);

  // Ten minutes later.
  await database`update orders set created_at = now() - interval '10 minutes'`;
  const fed = new FedMonitor(['configuration'], 5_000, 'outbound');
  const { queue } = fed.configuration.services['outbound']!;
  await eventually('monitoring raises that work waits', async () => {
    const { oldestSeconds } = parseExposition(await registry.metrics(), queue!.oldest.metric);
    const traffic = { reads: 80, ...(oldestSeconds !== null && { oldestSeconds }) };
    fed.seconds(24, { 'api-one-a': traffic }, { probes: [true] });
    return fed.alerts().length > 0 ? true : undefined;
  });
  expect(fed.alerts()).toMatchObject([
    {
      state: 'firing',
      labels: { alertname: 'BacklogTooOld', service: 'outbound', severity: 'warning' },
      annotations: {
        summary: expect.stringMatching(
          /^outbound: work waits for too long: the oldest for 60\d s, 300 s are allowed$/,
        ),
      },
    },
  ]);
  expect(fed.health().status).toBe('ok');
}, 60_000);
