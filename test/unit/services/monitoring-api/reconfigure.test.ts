import { describe, expect, test } from '@jest/globals';
import { CounterSeries } from '../../../../services/monitoring-api/counter-series.js';
import { GaugeSeries } from '../../../../services/monitoring-api/gauge-series.js';
import { FedMonitor } from '../../../support/fed-monitor.js';

const healthy = { 'api-old-a': { reads: 40, writes: 10 } };
const failing = { 'api-old-a': { reads: 40, readErrors: 15, writes: 10, writeErrors: 5 } };
const states = (fed: FedMonitor): Record<string, string> =>
  Object.fromEntries(fed.alerts().map(({ labels, state }) => [labels['rule'] ?? '', state]));

describe('a monitor under changed settings', () => {
  test('keeps the state of its rules, and when it began', () => {
    const fed = new FedMonitor();
    fed.seconds(12, failing);
    const before = fed.alerts();
    expect(before.map(({ state }) => state)).toEqual(['firing', 'firing', 'firing']);
    fed.monitor.reconfigure(
      { ...fed.configuration.alerts, evaluationInterval: 500, verdictWindow: 6_000 },
      fed.now,
    );
    fed.second(failing);
    expect(fed.alerts()).toMatchObject(
      before.map(({ startsAt, state, fingerprint }) => ({ startsAt, state, fingerprint })),
    );
    expect(fed.health().slos[1]).toMatchObject({ windowMs: 6_000, state: 'breached' });
    expect(fed.monitor.configuration).toEqual({
      reloadedAt: '2026-01-01T00:00:12.000Z',
      fault: null,
    });
  });

  test('judges by the new numbers from the next evaluation on', () => {
    const fed = new FedMonitor();
    const mild = { 'api-old-a': { reads: 96, readErrors: 4 } };
    fed.seconds(12, mild);
    expect(states(fed)).toEqual({ MediumBurn: 'firing', Breach: 'firing' });
    const { alerts } = fed.configuration;
    const rules = alerts.rules.map((rule) =>
      rule.name === 'FastBurn' ? { ...rule, burnRate: 3 } : rule,
    );
    fed.monitor.reconfigure({ ...alerts, rules }, fed.now);
    fed.second(mild);
    expect(states(fed)).toEqual({ FastBurn: 'firing', MediumBurn: 'firing', Breach: 'firing' });
  });

  test('follows an objective that was tightened', () => {
    const fed = new FedMonitor();
    const slightly = { 'api-old-a': { reads: 998, readErrors: 6 } };
    fed.seconds(12, slightly);
    expect(fed.states()[1]).toBe('ok');
    const objectives = { inventory: { errorRatePercent: 0.5 } };
    fed.monitor.reconfigure({ ...fed.configuration.alerts, objectives }, fed.now);
    fed.second(slightly);
    expect(fed.health().slos[1]).toMatchObject({ state: 'breached', threshold: 0.5 });
  });

  test('resolves the alerts of a rule that is gone, so that receivers hear of their end', () => {
    const fed = new FedMonitor();
    fed.seconds(12, failing);
    const { alerts } = fed.configuration;
    fed.monitor.reconfigure(
      { ...alerts, rules: alerts.rules.filter(({ name }) => name !== 'FastBurn') },
      fed.now,
    );
    expect(states(fed)).toEqual({ FastBurn: 'resolved', MediumBurn: 'firing', Breach: 'firing' });
    expect(fed.monitor.rules().map(({ name }) => name)).not.toContain('ErrorRateFastBurn');
    fed.seconds(21, failing);
    expect(states(fed)).toEqual({ MediumBurn: 'firing', Breach: 'firing' });
  });

  test('ends an alert whose labels are others now, and fires the new one', () => {
    const fed = new FedMonitor();
    fed.seconds(12, failing);
    const { alerts } = fed.configuration;
    const rules = alerts.rules.map((rule) => ({ ...rule, automation: 'manual' as const }));
    fed.monitor.reconfigure({ ...alerts, rules }, fed.now);
    fed.second(failing);
    const seen = fed.alerts().map(({ labels, state }) => {
      return `${labels['rule']} ${labels['automation']} ${state}`;
    });
    expect(seen).toEqual([
      'FastBurn manual firing',
      'MediumBurn manual firing',
      'Breach manual firing',
      'FastBurn allowed resolved',
      'MediumBurn allowed resolved',
    ]);
  });

  test('knows the past under a longer window as far as it was kept', () => {
    const fed = new FedMonitor();
    fed.seconds(30, healthy);
    const { alerts } = fed.configuration;
    const rules = alerts.rules.map((rule) => ({ ...rule, longWindow: 120_000 }));
    fed.monitor.reconfigure({ ...alerts, rules }, fed.now);
    fed.seconds(100, healthy);
    expect(fed.monitor.store('inventory').counts(0, fed.now).requests).toBeGreaterThan(100 * 50);
  });
});

describe('a monitor that reads less often than before', () => {
  test('still knows the whole hour', () => {
    const fed = new FedMonitor(['configuration'], 5_000);
    fed.seconds(300, { 'api-old-a': { reads: 100, readErrors: 10 } }, { probes: [false] });
    fed.seconds(400, { 'api-old-a': { reads: 100 } }, { probes: [true] });
    const before = fed.health();
    const { alerts } = fed.configuration;
    fed.monitor.reconfigure({ ...alerts, scrapeInterval: 15_000, probeInterval: 15_000 }, fed.now);
    expect(fed.health()).toEqual(before);
    expect(before.status).toBe('warning');
  });
});

describe('a series that is resized', () => {
  test('keeps its samples and goes on counting', () => {
    const series = new CounterSeries(1, 10);
    const at = (sample: number) => sample * 1_000;
    for (let sample = 1; sample <= 25; sample += 1) series.add(at(sample), [sample]);
    series.resize(40);
    expect(series.increase(0, at(25))).toEqual([9]);
    for (let sample = 26; sample <= 30; sample += 1) series.add(at(sample), [sample]);
    expect(series.increase(0, at(30))).toEqual([14]);
    expect(series.increase(at(28), at(30))).toEqual([2]);
    expect(series.total).toEqual([29]);
  });

  test('keeps the points of a gauge', () => {
    const series = new GaugeSeries(5);
    for (let point = 0; point < 8; point += 1) series.add(point, point);
    series.resize(20);
    series.add(8, 8);
    expect(series.points(0, 100).map(({ value }) => value)).toEqual([3, 4, 5, 6, 7, 8]);
  });
});
