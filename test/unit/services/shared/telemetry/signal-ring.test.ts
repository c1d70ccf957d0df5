import { describe, expect, test } from '@jest/globals';
import { SignalRing } from '../../../../../services/shared/telemetry/signal-ring.js';
import type { Signal } from '../../../../../services/shared/telemetry/signal-ring.js';

const signal = (message: string): Signal => ({
  at: '2026-01-01T00:00:00.000Z',
  severity: 'error',
  kind: 'log',
  method: null,
  route: null,
  status: null,
  durationMs: null,
  tenant: null,
  warehouse: null,
  requestId: null,
  traceId: null,
  spanId: null,
  message,
});
const messages = (ring: SignalRing, since?: string) =>
  ring.read(since).signals.map(({ message }) => message);

describe('SignalRing', () => {
  test('gives what came after the last reading, once', () => {
    const ring = new SignalRing();
    ring.add(signal('one'));
    const { next } = ring.read();
    expect(messages(ring, next)).toEqual([]);
    ring.add(signal('two'));
    expect(messages(ring, next)).toEqual(['two']);
    expect(messages(ring)).toEqual(['one', 'two']);
  });

  test('keeps the newest and says how many were missed', () => {
    const ring = new SignalRing(3);
    ring.add(signal('0'));
    const { next } = ring.read();
    for (let index = 1; index <= 10; index += 1) ring.add(signal(String(index)));
    expect(ring.read(next)).toMatchObject({ missed: 7 });
    expect(messages(ring, next)).toEqual(['8', '9', '10']);
  });

  test('gives all to a reader that knew the process before it, or nonsense', () => {
    const [before, ring] = [new SignalRing(), new SignalRing()];
    before.add(signal('old'));
    ring.add(signal('new'));
    for (const since of [before.read().next, '', 'x.y.z', 'nonsense']) {
      expect(messages(ring, since)).toEqual(['new']);
    }
    expect(messages(ring, `${ring.read().next}000`)).toEqual([]);
  });

  test('takes no more memory after a million signals than after it was full', () => {
    const ring = new SignalRing(100);
    for (let index = 0; index < 1_000_000; index += 1) ring.add(signal('x'.repeat(1_000)));
    const { signals } = ring.read();
    expect(signals).toHaveLength(100);
    expect(JSON.stringify(signals).length).toBeLessThan(100 * 600);
  });

  test('cuts every text that callers write', () => {
    const ring = new SignalRing();
    const long = 'x'.repeat(8_000);
    const texts = { tenant: long, warehouse: long, requestId: long, traceId: long, spanId: long };
    ring.add({ ...signal(long), ...texts });
    const [kept] = ring.read().signals;
    for (const name of ['message', ...Object.keys(texts)] as (keyof Signal)[]) {
      expect(kept?.[name]).toBe('x'.repeat(300));
    }
  });
});
