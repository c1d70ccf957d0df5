import { describe, expect, test } from '@jest/globals';
import type {
  ServiceHealth,
  SloReading,
  Verdict,
} from '../../../../activities/contracts/monitoring.contract.js';
import {
  decideVerdict,
  foldReading,
  heldForMs,
  type HealthReading,
  type HoldState,
} from '../../../../activities/monitoring/hold.js';

const since = '2026-11-24T10:00:00.000Z';
const start = Date.parse(since);
const at = (seconds: number) => new Date(start + seconds * 1_000).toISOString();
const input = { service: 'shop', since, holdForMs: 20_000, pollMs: 2_000, deadline: at(60) };

function slo(state: SloReading['state'], from = since): SloReading {
  return {
    service: 'shop',
    slo: 'error-rate',
    state,
    value: state === 'unproven' ? null : 0.123,
    threshold: 1,
    unit: 'percent',
    from,
    windowMs: 10_000,
    samples: 400,
    minSamples: 300,
    budgetLeft: 1,
    burnRate: 0,
    ...(state === 'unproven' && { reason: 'only 12 of 300 samples' }),
  };
}

function reading(seconds: number, ...slos: SloReading[]): HealthReading {
  const health: ServiceHealth = {
    service: 'shop',
    status: 'ok',
    at: at(seconds),
    slos,
    breachedSince: null,
    pods: [],
    requestRate: 40,
    writes: null,
    reads: null,
  };
  return { health };
}

const ok = (seconds: number) => reading(seconds, slo('ok'), slo('ok'));
const breached = (seconds: number) => reading(seconds, slo('ok'), slo('breached'));
const unproven = (seconds: number) => reading(seconds, slo('ok'), slo('unproven'));
const blind: HealthReading = { blind: 'could not read health of service shop: no answer' };

/** Readings by the second they arrive at; the verdict is the first that stands. */
function watch(readings: readonly (readonly [number, HealthReading])[]): {
  state: HoldState;
  verdict: Verdict | null;
} {
  let state: HoldState | null = null;
  for (const [second, next] of readings) {
    state = foldReading(state, next, input, at(second));
    const verdict = decideVerdict(state, input, at(second));
    if (verdict !== null) return { state, verdict };
  }
  return { state: state!, verdict: null };
}

const every2s = (from: number, to: number, kind: (second: number) => HealthReading) =>
  Array.from({ length: (to - from) / 2 + 1 }, (_, index) => {
    const second = from + 2 * index;
    return [second, kind(second)] as const;
  });

describe('a recovery', () => {
  test('is proven when every objective held for the whole hold', () => {
    const { verdict } = watch(every2s(2, 60, ok));
    expect(verdict).toMatchObject({
      kind: 'recovered',
      decidedAt: at(22),
      heldForMs: 20_000,
      since,
      summary:
        'shop held its objectives for 20 s: error-rate 0.12 % (objective 1 %, 400 samples), error-rate 0.12 % (objective 1 %, 400 samples)',
    });
  });

  test.each([
    ['a breach', breached(12)],
    ['a reading without proof', unproven(12)],
    ['blindness', blind],
    ['a reading without objectives', reading(12)],
    ['a window that begins before the change', reading(12, slo('ok', at(-1)))],
  ])('begins anew after %s', (_what, gap) => {
    const { verdict } = watch([...every2s(2, 10, ok), [12, gap], ...every2s(14, 60, ok)]);
    expect(verdict).toMatchObject({ kind: 'recovered', decidedAt: at(34) });
  });

  test('begins anew when nobody looked for more than three polls', () => {
    const { verdict } = watch([...every2s(2, 10, ok), ...every2s(18, 60, ok)]);
    expect(verdict).toMatchObject({ kind: 'recovered', decidedAt: at(38) });
  });

  test('goes on over a pause of three polls', () => {
    const { verdict } = watch([...every2s(2, 10, ok), ...every2s(16, 60, ok)]);
    expect(verdict).toMatchObject({ kind: 'recovered', decidedAt: at(22) });
  });

  test('is not proven by a monitor that repeats one old answer', () => {
    const { state } = watch(every2s(2, 40, () => ok(2)));
    expect(heldForMs(state)).toBe(0);
  });
});

describe('at the deadline', () => {
  test('a standing breach is not-recovered', () => {
    const { verdict } = watch([...every2s(2, 58, ok).slice(0, 5), ...every2s(12, 60, breached)]);
    expect(verdict).toMatchObject({
      kind: 'not-recovered',
      decidedAt: at(60),
      heldForMs: 0,
      summary: 'shop is still in breach: error-rate 0.12 % (objective 1 %, 400 samples)',
    });
  });

  test('a lack of samples is unproven', () => {
    const { verdict } = watch(every2s(2, 60, unproven));
    expect(verdict).toMatchObject({
      kind: 'unproven',
      summary: 'shop could not be proven well: error-rate unproven (only 12 of 300 samples)',
    });
  });

  test('blind monitoring is unproven, also after a breach', () => {
    const { verdict } = watch([...every2s(2, 50, breached), [60, blind]]);
    expect(verdict).toMatchObject({
      kind: 'unproven',
      slos: [],
      summary: 'shop could not be proven well: could not read health of service shop: no answer',
    });
  });

  test('a hold that was too short is unproven and says by how much', () => {
    const { verdict } = watch([...every2s(2, 50, breached), ...every2s(52, 60, ok)]);
    expect(verdict).toMatchObject({ kind: 'unproven' });
    expect(verdict!.summary).toContain('held for 8 s of the 20 s asked for');
  });

  test('nothing is decided before it', () => {
    expect(watch(every2s(2, 58, breached)).verdict).toBeNull();
  });
});
