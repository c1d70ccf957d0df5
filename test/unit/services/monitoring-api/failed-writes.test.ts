import { describe, expect, test } from '@jest/globals';
import { FailedWrites } from '../../../../services/monitoring-api/failed-writes.js';
import type { PodSignal } from '../../../../services/monitoring-api/signal-log.js';

const start = Date.parse('2026-01-01T00:01:00Z');
const failure = (second: number, more: Partial<PodSignal> = {}): PodSignal => ({
  at: new Date(start + second * 1_000).toISOString(),
  service: 'inventory',
  pod: 'api-1',
  severity: 'error',
  kind: 'span',
  method: 'POST',
  route: '/orders',
  status: 500,
  durationMs: 10,
  tenant: 'acme',
  warehouse: 'north',
  requestId: `r-${second}`,
  traceId: null,
  spanId: null,
  message: null,
  ...more,
});
const minute = 60_000;
/** When the first window and the pause after it are over. */
const later = start + 2 * minute;

describe('FailedWrites', () => {
  test('become one audit event for each kind of failure and window, with when and whom it hit', () => {
    const writes = new FailedWrites(minute);
    writes.add([failure(1), failure(59), failure(30), failure(2, { tenant: 'globex' })]);
    expect(writes.due(start + minute)).toEqual([]);
    const events = writes.due(later);
    expect(events).toHaveLength(2);
    expect(events[0]).toMatchObject({
      at: '2026-01-01T00:01:01.000Z',
      kind: 'failed-writes',
      service: 'inventory',
      tenant: 'acme',
      who: 'acme',
      what: '3 × POST /orders failed with 500',
      target: 'warehouse north',
      details: { count: 3, pod: 'api-1', requestIds: ['r-1', 'r-59', 'r-30'] },
      impactFrom: '2026-01-01T00:01:01.000Z',
      impactTo: '2026-01-01T00:01:59.000Z',
    });
    expect(events[1]).toMatchObject({ tenant: 'globex', details: { count: 1 } });
  });

  test('of callers that gave up say that their outcome is not known, also of those counted together', () => {
    const writes = new FailedWrites(minute);
    writes.add([failure(1, { status: 499 })]);
    for (let tenant = 1; tenant < 200; tenant += 1)
      writes.add([failure(1, { tenant: `t-${tenant}` })]);
    writes.add([
      failure(2, { tenant: 'x', status: 499 }),
      failure(2, { tenant: 'x', status: 500 }),
    ]);

    const texts = writes.due(later).map(({ what }) => what);

    expect(texts[0]).toBe('1 × POST /orders: the caller gave up; its outcome is not known');
    expect(texts.slice(-2)).toEqual([
      '1 × further writes: the caller gave up; its outcome is not known',
      '1 × further writes failed',
    ]);
  });

  test('leave out reads, slow answers and log lines', () => {
    const writes = new FailedWrites(minute);
    writes.add([
      failure(1, { method: 'GET' }),
      failure(1, { severity: 'warning', status: 201 }),
      failure(1, { kind: 'log', method: null, route: null }),
    ]);
    expect(writes.due(later)).toEqual([]);
  });

  test('have the same keys in a monitor that starts anew', () => {
    const keys = [0, 1].map(() => {
      const writes = new FailedWrites(minute);
      writes.add([failure(1), failure(2, { status: 503 })]);
      return writes.due(later).map(({ key }) => key);
    });
    expect(keys[0]).toHaveLength(2);
    expect(keys[0]).toEqual(keys[1]);
  });

  test('wait until they are written', () => {
    const writes = new FailedWrites(minute);
    writes.add([failure(1)]);
    const events = writes.due(later);
    expect(writes.due(later)).toHaveLength(1);
    writes.written(events);
    expect(writes.due(later)).toEqual([]);
  });

  test('are bounded, whatever tenants call and however long nothing can be written', () => {
    const writes = new FailedWrites(minute);
    for (let window = 0; window < 20; window += 1) {
      for (let tenant = 0; tenant < 1_000; tenant += 1) {
        writes.add([failure(window * 60 + 1, { tenant: `t-${window}-${tenant}` })]);
      }
      writes.due(start + (window + 2) * minute);
    }
    const events = writes.due(start + 30 * minute);
    expect(events).toHaveLength(1_000);
    expect(events.at(-1)).toMatchObject({
      tenant: null,
      what: '800 × further writes failed',
      details: { count: 800 },
    });
  });
});
