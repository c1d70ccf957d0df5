import { describe, expect, test } from '@jest/globals';
import {
  nextTraceparent,
  traceOf,
  traceparentOf,
} from '../../../../../services/shared/telemetry/trace-context.js';

const request = (traceparent?: string) =>
  new Request('http://localhost/', traceparent === undefined ? {} : { headers: { traceparent } });

describe('traceOf', () => {
  test("joins the caller's trace with a span of its own", () => {
    const asked = request('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01');
    expect(traceOf(asked)).toMatchObject({ traceId: '4bf92f3577b34da6a3ce929d0e0e4736' });
    expect(traceOf(asked).spanId).toMatch(/^(?!00f067aa0ba902b7)[\da-f]{16}$/);
    expect(traceOf(asked)).toBe(traceOf(asked));
  });

  test('reads a later version as far as it is known', () => {
    const later = request('01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more');
    expect(traceOf(later).traceId).toBe('4bf92f3577b34da6a3ce929d0e0e4736');
  });

  test.each([
    undefined,
    'nonsense',
    '00-00000000000000000000000000000000-00f067aa0ba902b7-01',
    '00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01',
    '00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01',
    'ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  ])('begins a trace when the caller sends %s', (traceparent) => {
    const { traceId } = traceOf(request(traceparent));
    expect(traceId).toMatch(/^[\da-f]{32}$/);
    expect(traceId).not.toBe('4bf92f3577b34da6a3ce929d0e0e4736');
    expect(traceId).not.toBe('0'.repeat(32));
  });
});

describe('work that goes on after its request', () => {
  const caller = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

  test("keeps the request's own span, and whether the caller records", () => {
    const asked = request(caller);
    const { traceId, spanId } = traceOf(asked);
    expect(traceparentOf(asked)).toBe(`00-${traceId}-${spanId}-01`);
    expect(traceparentOf(request(caller.replace(/1$/, '0')))).toMatch(/-00$/);
    expect(traceparentOf(request())).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-00$/);
  });

  test('makes every call a span of its own in the same trace', () => {
    const calls = [nextTraceparent(caller), nextTraceparent(caller)];
    for (const call of calls) {
      expect(call).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-[\da-f]{16}-01$/);
    }
    expect(new Set([caller, ...calls]).size).toBe(3);
  });

  test.each([null, 'nonsense'])('begins a trace where %s was kept', (kept) => {
    expect(nextTraceparent(kept)).toMatch(/^00-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-00$/);
  });
});
