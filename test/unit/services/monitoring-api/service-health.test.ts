import { describe, expect, test } from '@jest/globals';
import { FedMonitor } from '../../../support/fed-monitor.js';

const healthy = { 'api-old-a': { reads: 20, writes: 5 }, 'api-old-b': { reads: 20, writes: 5 } };
const failing = { 'api-new-a': { reads: 20, readErrors: 10, writes: 5, writeErrors: 5, slow: 10 } };

describe('health of a service', () => {
  test('is ok when every objective is proven', () => {
    const fed = new FedMonitor();
    fed.seconds(6, healthy);
    expect(fed.health()).toMatchObject({
      service: 'inventory',
      status: 'ok',
      breachedSince: null,
      // 5 samples in 4 seconds, both ends included: 4 increases of 2 pods.
      reads: { requests: 160, errors: 0 },
      writes: { requests: 40, errors: 0 },
      requestRate: 50,
    });
    expect(fed.states()).toEqual(['ok', 'ok', 'ok']);
  });

  test('is unproven before anything is known', () => {
    const fed = new FedMonitor();
    expect(fed.health().status).toBe('unproven');
    expect(fed.health().slos.map(({ reason }) => reason)).toEqual([
      'no pod found',
      'no pod found',
      'no probe has ended yet',
    ]);
    expect(fed.health().reason).toBe(
      'not proven: latency-p95 (no pod found), error-rate (no pod found), availability (no probe has ended yet)',
    );
  });

  test('is critical while an objective is breached, and says since when', () => {
    const fed = new FedMonitor();
    fed.seconds(6, healthy);
    const began = fed.now + 1_000;
    fed.seconds(5, { ...healthy, ...failing });
    expect(fed.health().status).toBe('critical');
    expect(fed.health().reason).toBe(
      'missed in the last 4s: latency-p95 906 ms (objective 500 ms, 300 requests), error-rate 20 % (objective 1 %, 300 requests)',
    );
    expect(fed.states()).toEqual(['breached', 'breached', 'ok']);
    expect(Date.parse(fed.health().breachedSince ?? '')).toBeGreaterThanOrEqual(began);
    expect(Date.parse(fed.health().breachedSince ?? '')).toBeLessThanOrEqual(began + 1_000);
  });

  test('tells new pods from old ones', () => {
    const fed = new FedMonitor();
    fed.seconds(6, healthy);
    fed.seconds(5, { ...healthy, ...failing });
    expect(
      fed.health().pods.map(({ templateHash, requests, errors, slow }) => ({
        templateHash,
        requests,
        errors,
        slow,
      })),
    ).toEqual([
      { templateHash: 'old', requests: 100, errors: 0, slow: 0 },
      { templateHash: 'old', requests: 100, errors: 0, slow: 0 },
      { templateHash: 'new', requests: 100, errors: 60, slow: 40 },
    ]);
  });

  test('is a warning when only the rolling window is still breached', () => {
    const fed = new FedMonitor();
    fed.seconds(6, healthy);
    fed.seconds(3, failing);
    fed.seconds(8, healthy);
    expect(fed.states()).toEqual(['ok', 'ok', 'ok']);
    expect(fed.health().status).toBe('warning');
    expect(fed.health().breachedSince).toBeNull();
    // 30 of 700 requests failed, the last of them after nine seconds.
    expect(fed.health().reason).toBe(
      '1-minute objective missed: error-rate budget spent 4.29 times; all is well in the last 4s; ok again by 2026-01-01T00:01:12.000Z if nothing more fails',
    );
  });

  test('is ok again when the reason of the warning has said, and not long before', () => {
    const fed = new FedMonitor();
    fed.seconds(6, healthy);
    fed.seconds(3, failing);
    fed.seconds(8, healthy);
    const by = Date.parse(/ok again by (\S+)/.exec(fed.health().reason ?? '')?.[1] ?? '');
    while (fed.health().status === 'warning') fed.second(healthy);
    expect(fed.health()).toMatchObject({ status: 'ok', reason: null });
    expect(by - fed.now).toBeGreaterThanOrEqual(0);
    expect(by - fed.now).toBeLessThanOrEqual(10_000);
  });

  test('counts a pod that is gone in the windows it was part of', () => {
    const fed = new FedMonitor();
    fed.seconds(6, { ...healthy, ...failing });
    fed.second(healthy);
    expect(fed.health().pods.map(({ pod, up }) => [pod, up])).toEqual([
      ['api-old-a', true],
      ['api-old-b', true],
      ['api-new-a', false],
    ]);
    expect(fed.states()[1]).toBe('breached');
    fed.seconds(5, healthy);
    expect(fed.health().pods).toHaveLength(2);
    expect(fed.states()[1]).toBe('ok');
  });

  test('does not call a service well whose ready pod is silent', () => {
    const fed = new FedMonitor();
    fed.seconds(6, healthy);
    fed.seconds(5, { ...healthy, 'api-old-b': 'unreachable' });
    expect(fed.states()).toEqual(['unproven', 'unproven', 'ok']);
    expect(fed.health().slos[0]?.reason).toBe('no metrics from ready pods api-old-b');
    expect(fed.health().status).toBe('unproven');
  });

  test('still proves availability while no pod can be scraped', () => {
    const fed = new FedMonitor();
    fed.seconds(6, healthy);
    fed.seconds(5, { 'api-old-a': 'unreachable', 'api-old-b': 'unreachable' });
    expect(fed.states()).toEqual(['unproven', 'unproven', 'ok']);
    expect(fed.health().slos[0]?.reason).toBe('no pod could be scraped for 5 s');
    fed.second({ 'api-old-a': 'unreachable' }, { probes: [false, false] });
    expect(fed.states()).toEqual(['unproven', 'unproven', 'breached']);
    expect(fed.health().status).toBe('critical');
  });

  test('proves nothing when probes have stopped', () => {
    const fed = new FedMonitor();
    fed.seconds(6, healthy);
    fed.seconds(3, healthy, { probes: [] });
    expect(fed.health().slos[2]).toMatchObject({
      state: 'unproven',
      reason: 'no probe has ended for 3 s',
    });
  });

  test('proves nothing by too little traffic', () => {
    const fed = new FedMonitor();
    fed.seconds(8, { 'api-old-a': { reads: 4 } });
    expect(fed.health().slos[1]).toMatchObject({
      state: 'unproven',
      samples: 16,
      reason: '16 requests in the window, 20 needed',
    });
    expect(fed.health().writes).toBeNull();
  });

  test('looks only at what happened after a given instant, once enough time has passed', () => {
    const fed = new FedMonitor();
    fed.seconds(6, { ...healthy, ...failing });
    const since = fed.now;
    fed.seconds(3, healthy);
    expect(fed.states(since)).toEqual(['unproven', 'unproven', 'unproven']);
    expect(fed.health(since).slos[0]).toMatchObject({
      from: new Date(since).toISOString(),
      reason: `only 3000 ms since ${new Date(since).toISOString()}, 4000 ms needed`,
    });
    expect(fed.states()).toEqual(['ok', 'breached', 'ok']);
    fed.second(healthy);
    expect(fed.states(since)).toEqual(['ok', 'ok', 'ok']);
  });

  test('keeps a breach begun while it cannot be seen any longer', () => {
    const fed = new FedMonitor();
    fed.seconds(6, { ...healthy, ...failing });
    const began = fed.health().breachedSince;
    expect(began).not.toBeNull();
    fed.seconds(10, { 'api-new-a': 'unreachable' });
    expect(fed.states()[1]).toBe('unproven');
    expect(fed.health().breachedSince).toBe(began);
  });
});

describe('memory of a service', () => {
  test('is bounded however many pods come and go, and totals never fall', () => {
    const fed = new FedMonitor();
    for (let round = 0; round < 100; round += 1) {
      const pods = Array.from({ length: 10 }, (_, index) => [
        `api-${round}-${index}`,
        { reads: 7 },
      ]);
      fed.seconds(2, Object.fromEntries(pods) as Record<string, { reads: number }>);
    }
    const store = fed.monitor.store('inventory');
    // 1000 pods came, 320 of them in the last 64 seconds.
    expect(store.pods(0, fed.now, 500)).toHaveLength(256);
    expect(store.totals().counters[0]).toBe(7_000);
  });
});
