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
const eventsOf = (writes: FailedWrites, now = later) =>
  writes.due(now).flatMap((window) => window.events());

describe('FailedWrites', () => {
  test('become one audit event for each kind of failure and window, with when and whom it hit', () => {
    const writes = new FailedWrites(minute);
    writes.add([failure(1), failure(59), failure(30), failure(2, { tenant: 'globex' })]);
    expect(writes.due(start + minute)).toEqual([]);
    const events = eventsOf(writes);
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
    for (let tenant = 1; tenant < 20; tenant += 1)
      writes.add([failure(1, { tenant: `t-${tenant}` })]);
    writes.add([
      failure(2, { tenant: 'x', status: 499 }),
      failure(2, { tenant: 'x', status: 500 }),
    ]);

    const texts = eventsOf(writes).map(({ what }) => what);

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

  test('of one pod and window are the same whatever other pods and windows hold', () => {
    const some = Array.from({ length: 30 }, (_, index) => failure(1, { tenant: `t-${index}` }));
    const crowd = some.flatMap((signal) => [
      { ...signal, pod: 'api-2' },
      { ...signal, service: 'outbound' },
      { ...signal, at: new Date(start - minute).toISOString() },
    ]);
    const [alone, crowded] = [some, [...crowd, ...some]].map((signals) => {
      const writes = new FailedWrites(minute);
      writes.add(signals);
      return writes
        .due(later)
        .filter(
          ({ service, pod, from }) => `${service} ${pod} ${from}` === `inventory api-1 ${start}`,
        )
        .flatMap((window) => window.events());
    });
    expect(alone).toHaveLength(21);
    expect(crowded).toEqual(alone);
  });

  test('wait until they are written', () => {
    const writes = new FailedWrites(minute);
    writes.add([failure(1)]);
    const windows = writes.due(later);
    expect(writes.due(later)).toHaveLength(1);
    writes.written(windows);
    expect(writes.due(later)).toEqual([]);
  });

  test('are bounded, whatever tenants call and however long nothing can be written', () => {
    const writes = new FailedWrites(minute);
    const pods = Array.from({ length: 512 }, (_, index) => `api-${index}`);
    for (let window = 0; window < 6; window += 1) {
      for (const pod of pods) {
        const failures = Array.from({ length: 50 }, (_, index) =>
          failure(window * 60 + 1, { pod, tenant: `t-${index}`, status: 499 + (index % 2) }),
        );
        writes.add(failures);
      }
    }
    const windows = writes.due(start + 30 * minute);
    expect(windows).toHaveLength(2_048);
    expect(Math.min(...windows.map(({ from }) => from))).toBe(start + 2 * minute);
    const [newest] = windows.slice(-1).map((window) => window.events());
    expect(newest).toHaveLength(22);
    expect(newest?.at(-1)?.details).toHaveProperty('requestIds.length', 10);
    expect(newest?.slice(-2)).toMatchObject([
      {
        tenant: null,
        what: '15 × further writes: the caller gave up; its outcome is not known',
        details: { count: 15, pod: 'api-511', method: null, route: null, status: 499 },
      },
      {
        tenant: null,
        what: '15 × further writes failed',
        details: { count: 15, pod: 'api-511', method: null, route: null, status: null },
      },
    ]);
  });

  test('keep the newest windows, in whatever order pods tell of them', () => {
    const writes = new FailedWrites(minute);
    const seconds = Array.from({ length: 1_500 }, (_, index) => index * 60);
    for (const pod of ['api-1', 'api-2'])
      writes.add(seconds.map((second) => failure(second, { pod })));
    const windows = writes.due(start + 2_000 * minute);
    const oldest = (pod: string) =>
      Math.min(...windows.flatMap((window) => (window.pod === pod ? [window.from] : [])));
    expect(oldest('api-1')).toBe(start + 476 * minute);
    expect(oldest('api-2')).toBe(start + 476 * minute);
  });

  test('take the first and the last time however finely they are told', () => {
    const writes = new FailedWrites(minute);
    writes.add(
      ['00:01:01.12Z', '00:01:01.1Z'].map((time) => failure(0, { at: `2026-01-01T${time}` })),
    );
    expect(eventsOf(writes)).toMatchObject([
      { impactFrom: '2026-01-01T00:01:01.100Z', impactTo: '2026-01-01T00:01:01.120Z' },
    ]);
  });
});
