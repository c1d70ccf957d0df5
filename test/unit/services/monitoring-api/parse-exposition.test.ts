import { describe, expect, test } from '@jest/globals';
import {
  counterAt,
  parseExposition,
} from '../../../../services/monitoring-api/parse-exposition.js';
import { slowShare } from '../../../../services/monitoring-api/slo.js';
import type { Isolation } from '../../../../services/shared/flags/isolations.js';
import { registerModeMetrics } from '../../../../services/shared/flags/mode-metrics.js';
import { usualSwitches } from '../../../../services/shared/flags/switches.js';
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

  test('takes an end beyond all calendars for none: one pod must not stop who watches all', () => {
    const lines = [
      'http_requests_total{kind="read",status="200"} 1',
      'service_read_only 1',
      'service_mode_ends_seconds{mode="read-only"} 9e12',
      'service_isolation_ends_seconds{tenant="acme",mode="read-only"} -9e99',
    ];
    expect(parseExposition(lines.join('\n')).modes?.inForce.map(({ until }) => until)).toEqual([
      null,
      null,
    ]);
  });

  test('reads back the modes of a pod, which of its flags it refuses, and what it refused', async () => {
    const registry = new MetricsRegistry();
    const end = Date.parse('2126-01-31T09:30:00.250Z');
    const isolation = { mode: 'read-only', until: end, rerouteTo: null } as const;
    const fault = { file: 'shed.mode', reason: 'unknown value "\n{off}" 7' };
    const modes = {
      read: () => ({
        switches: usualSwitches,
        isolations: new Map<string, Isolation>([
          ['acme', { ...isolation, tenantId: 'acme', warehouseId: null }],
          ['acme.north', { ...isolation, tenantId: 'acme', warehouseId: 'north' }],
          ['old', { ...isolation, tenantId: 'old', warehouseId: null, until: 0 }],
          ['b', { ...isolation, tenantId: 'b', warehouseId: null, mode: 'block-outbound' }],
        ]),
      }),
      inForce: () => ({
        mode: 'read-only',
        modeUntil: new Date(end).toISOString(),
        shed: 'non-critical',
        shedUntil: null,
        isolations: 3,
        refusedFlags: [fault.file],
      }),
      faults: () => [fault],
      stop: () => undefined,
    };
    registerModeMetrics(registry, modes, ['read-only']);
    const series = createHttpMetrics(registry).seriesFor('POST', '/orders');
    for (const why of ['read-only', 'read-only', 'isolated'] as const) series.refuse(why);
    const isolated = (warehouseId: string | null) => ({
      mode: 'isolated',
      until: end,
      isolation: { tenantId: 'acme', warehouseId, mode: 'read-only' },
    });
    const sample = parseExposition(await registry.metrics());
    expect(sample.modes).toEqual({
      inForce: [
        { mode: 'read-only', until: end, isolation: null },
        { mode: 'shed', until: null, isolation: null },
        isolated(null),
        isolated('north'),
      ],
      refusedFlags: [fault],
    });
    expect([...sample.refused]).toEqual([
      ['read-only', [2, 0]],
      ['isolated', [1, 0]],
    ]);
    expect(sample.counters[counterAt.writes]).toBe(0);
  });

  test.each([
    ['queue_oldest_seconds 12.5\n', 12.5],
    [
      'my_queue_oldest_seconds 1\nqueue_oldest_seconds_max 2\nqueue_oldest_seconds{a="b"} 3 1700',
      3,
    ],
    ['queue_oldest_seconds NaN\n', null],
    ['# HELP queue_oldest_seconds Age.\n', null],
  ])('reads the gauge of waiting work in %j as %j', (text, expected) => {
    const exposition = `http_requests_total{status="200"} 1\n${text}`;
    expect(parseExposition(exposition, 'queue_oldest_seconds').oldestSeconds).toBe(expected);
    expect(parseExposition(exposition).oldestSeconds).toBeNull();
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
