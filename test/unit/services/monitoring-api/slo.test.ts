import { describe, expect, test } from '@jest/globals';
import type { SloName } from '../../../../activities/contracts/monitoring.contract.js';
import {
  budgetPercent,
  exceeds,
  p95Of,
  readSlo,
  slowShare,
} from '../../../../services/monitoring-api/slo.js';
import type { ReadingInput, WindowCounts } from '../../../../services/monitoring-api/slo.js';

const objective = {
  latencyP95Ms: 500,
  errorRatePercent: 1,
  availabilityPercent: 99.5,
  windowMinutes: 60,
};

/** Requests of which `slow` took between 500 and 750 ms and all others between 100 and 250 ms. */
function counts({
  requests = 0,
  slow = 0,
  errors = 0,
  probes = 0,
  failedProbes = 0,
}): WindowCounts {
  const fast = requests - slow;
  const buckets = [
    0,
    0,
    0,
    0,
    fast,
    fast,
    requests,
    requests,
    requests,
    requests,
    requests,
    requests,
  ];
  return { requests, errors, buckets, probes, failedProbes };
}

function reading(slo: SloName, window: WindowCounts, over: Partial<ReadingInput> = {}) {
  return readSlo({
    service: 'shop',
    slo,
    objective,
    minSamples: 100,
    counts: window,
    from: Date.parse('2026-01-01T00:00:00Z'),
    windowMs: 60_000,
    rolling: window,
    blind: null,
    partial: null,
    ...over,
  });
}

describe('readSlo', () => {
  test.each<[SloName, string, WindowCounts, string]>([
    ['latency-p95', '5 % slow', counts({ requests: 1_000, slow: 50 }), 'ok'],
    ['latency-p95', 'one more slow', counts({ requests: 1_000, slow: 51 }), 'breached'],
    ['error-rate', 'one error under 1 %', counts({ requests: 1_000, errors: 9 }), 'ok'],
    ['error-rate', '1 % errors', counts({ requests: 1_000, errors: 10 }), 'breached'],
    ['availability', '0.5 % failed', counts({ probes: 1_000, failedProbes: 5 }), 'ok'],
    ['availability', 'one more failed', counts({ probes: 1_000, failedProbes: 6 }), 'breached'],
  ])('judges %s with %s', (slo, _, window, state) => {
    expect(reading(slo, window).state).toBe(state);
  });

  test('tells value, samples and budget of a latency reading', () => {
    expect(reading('latency-p95', counts({ requests: 200, slow: 20 }))).toEqual({
      service: 'shop',
      slo: 'latency-p95',
      state: 'breached',
      value: 625,
      threshold: 500,
      unit: 'ms',
      from: '2026-01-01T00:00:00.000Z',
      windowMs: 60_000,
      samples: 200,
      minSamples: 100,
      budgetLeft: -1,
      burnRate: 2,
    });
  });

  test('proves nothing by too few samples, good or bad', () => {
    const good = reading('error-rate', counts({ requests: 99 }));
    expect(good.state).toBe('unproven');
    expect(good.reason).toBe('99 requests in the window, 100 needed');
    expect(reading('error-rate', counts({ requests: 99, errors: 99 })).state).toBe('unproven');
    expect(reading('availability', counts({ probes: 3 })).reason).toBe(
      '3 probes in the window, 100 needed',
    );
  });

  test('has no value without any sample', () => {
    for (const slo of ['latency-p95', 'error-rate', 'availability'] as const) {
      expect(reading(slo, counts({}))).toMatchObject({
        state: 'unproven',
        value: null,
        burnRate: null,
        budgetLeft: null,
      });
    }
  });

  test('proves a breach but not health by part of the pods', () => {
    const partial = 'no metrics from ready pods shop-1';
    const good = reading('error-rate', counts({ requests: 500 }), { partial });
    expect([good.state, good.reason]).toEqual(['unproven', partial]);
    expect(reading('error-rate', counts({ requests: 500, errors: 50 }), { partial }).state).toBe(
      'breached',
    );
  });

  test('proves nothing while blind', () => {
    const blind = 'no pod could be scraped for 30 s';
    const bad = reading('error-rate', counts({ requests: 500, errors: 50 }), { blind });
    expect([bad.state, bad.reason]).toEqual(['unproven', blind]);
  });
});

describe('exceeds', () => {
  test('counts an error share of exactly a multiple of the budget as not above it, unlike the objective itself', () => {
    expect(exceeds('error-rate', { bad: 60, total: 1_000 }, 1, 6)).toBe(false);
    expect(exceeds('error-rate', { bad: 61, total: 1_000 }, 1, 6)).toBe(true);
    expect(exceeds('error-rate', { bad: 10, total: 1_000 }, 1, 1)).toBe(true);
  });

  test('is exact where floating point is not', () => {
    const budget = budgetPercent('availability', { ...objective, availabilityPercent: 99.9 });
    expect(budget).toBe(0.1);
    expect(exceeds('availability', { bad: 3, total: 3_000 }, budget, 1)).toBe(false);
    expect(exceeds('availability', { bad: 4, total: 3_000 }, budget, 1)).toBe(true);
  });

  test('is false without events', () => {
    expect(exceeds('error-rate', { bad: 0, total: 0 }, 1, 1)).toBe(false);
  });
});

describe('p95Of', () => {
  test('reads a bound exactly when 95 % are at most that slow', () => {
    for (const requests of [20, 60, 100, 140, 300, 980, 12_340]) {
      const slow = requests / 20;
      expect(p95Of(counts({ requests, slow }).buckets)).toBe(250);
      expect(p95Of(counts({ requests, slow: slow + 1 }).buckets)).toBeGreaterThan(500);
    }
  });

  test('reads the highest bound when the percentile lies above it', () => {
    expect(p95Of([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10])).toBe(10_000);
  });
});

describe('slowShare', () => {
  test('counts what is above the bound', () => {
    expect(slowShare(counts({ requests: 10, slow: 3 }).buckets, 500)).toEqual({
      bad: 3,
      total: 10,
    });
    expect(slowShare(counts({ requests: 10, slow: 3 }).buckets, 750)).toEqual({
      bad: 0,
      total: 10,
    });
  });
});
