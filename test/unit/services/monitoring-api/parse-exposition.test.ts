import { describe, expect, test } from '@jest/globals';
import {
  counterAt,
  parseExposition,
} from '../../../../services/monitoring-api/parse-exposition.js';
import { slowShare } from '../../../../services/monitoring-api/slo.js';
import { createHttpMetrics } from '../../../../services/shared/telemetry/http-metrics.js';
import { MetricsRegistry } from '../../../../services/shared/telemetry/metrics-registry.js';
import { registerProcessMetrics } from '../../../../services/shared/telemetry/process-metrics.js';

describe('parseExposition', () => {
  test('reads back what the services count', async () => {
    const registry = new MetricsRegistry();
    registerProcessMetrics(registry);
    const metrics = createHttpMetrics(registry);
    const reads = metrics.seriesFor('GET', '/items/:id');
    const writes = metrics.seriesFor('POST', '/orders');
    for (let count = 0; count < 10; count += 1) reads.record(200, 0.02);
    reads.record(404, 0.6);
    reads.record(503, 0.5);
    writes.record(201, 12);
    writes.record(500, 0.001);

    const { counters, routes, memoryBytes, eventLoopLagMs } = parseExposition(
      await registry.metrics(),
    );
    expect(Array.from(counters.subarray(0, counterAt.buckets))).toEqual([12, 1, 2, 1]);
    const buckets = Array.from(counters.subarray(counterAt.buckets));
    expect(slowShare(buckets, 500)).toEqual({ bad: 2, total: 14 });
    expect(slowShare(buckets, 10_000)).toEqual({ bad: 1, total: 14 });
    expect([...routes]).toEqual([
      ['GET /items/:id', [12, 1]],
      ['POST /orders', [2, 1]],
    ]);
    expect(memoryBytes).toBeGreaterThan(1_000_000);
    expect(eventLoopLagMs).toBeGreaterThanOrEqual(0);
  });

  test('understands escapes, timestamps and foreign families', () => {
    const text = [
      '# HELP http_requests_total Not a sample.',
      'http_requests_total_created{status="500"} 99',
      'http_requests_total{method="GET",route="/a \\"}\\\\ b",kind="read",status="500"} 3 1700000000000',
      'http_request_duration_seconds_bucket{le="0.3"} 7',
      'process_resident_memory_bytes NaN',
      '',
    ].join('\n');
    const { routes, memoryBytes } = parseExposition(text);
    expect([...routes]).toEqual([['GET /a "}\\ b', [3, 3]]]);
    expect(memoryBytes).toBe(0);
  });

  test('refuses a text without request counters: that is no idle service', () => {
    expect(() => parseExposition('up 1\n')).toThrow('could not find metric http_requests_total');
  });

  test('tells at most 64 routes apart and still counts all', () => {
    const lines = Array.from(
      { length: 100 },
      (_, index) =>
        `http_requests_total{method="GET",route="/${index}",kind="read",status="200"} 1`,
    );
    const { routes, counters } = parseExposition(lines.join('\n'));
    expect(routes.size).toBe(64);
    expect(counters[counterAt.reads]).toBe(100);
  });
});
