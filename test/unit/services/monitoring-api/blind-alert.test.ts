import { describe, expect, test } from '@jest/globals';
import { FedMonitor } from '../../../support/fed-monitor.js';

const minute = 12;
const calm = { 'api-old-a': { reads: 80 }, 'api-old-b': { reads: 80 } };
const partly = { ...calm, 'api-old-b': 'unreachable' } as const;
const seen = { probes: [true] };

/** In production's own windows: a scrape, a probe and an evaluation every five seconds. */
const production = () => new FedMonitor(['configuration'], 5_000);
const blind = (fed: FedMonitor) =>
  fed.alerts().find(({ labels }) => labels['alertname'] === 'MonitoringBlind');
const stateOf = (fed: FedMonitor) => blind(fed)?.state ?? 'inactive';

describe('MonitoringBlind', () => {
  test('is for people, and about no objective', () => {
    const fed = production();
    fed.seconds(2 * minute, {}, { probes: [] });
    expect(blind(fed)).toMatchObject({
      labels: {
        alertname: 'MonitoringBlind',
        automation: 'manual',
        service: 'inventory',
        severity: 'warning',
      },
      annotations: { summary: 'inventory: not all is seen: no pod found; no probe has ended yet' },
      startsAt: Date.parse('2026-01-01T00:00:05Z'),
      endsAt: null,
    });
    expect(Object.keys(blind(fed)!.labels)).toHaveLength(4);
  });

  test('waits a minute at the start, and is over at once when all is seen by then', () => {
    const fed = production();
    fed.seconds(minute, {}, { probes: [] });
    expect(stateOf(fed)).toBe('pending');
    fed.second({}, { probes: [] });
    expect(stateOf(fed)).toBe('firing');

    const other = production();
    other.seconds(minute, {}, { probes: [] });
    other.second(calm, seen);
    expect(stateOf(other)).toBe('inactive');
  });

  test('fires a minute after the requests can no longer be seen, once for each service', () => {
    const fed = production();
    fed.seconds(minute, calm, seen);
    expect(stateOf(fed)).toBe('inactive');
    const none = { 'api-old-a': 'unreachable', 'api-old-b': 'unreachable' } as const;
    // Two missed scrapes are chance.
    fed.seconds(3, none, seen);
    expect(stateOf(fed)).toBe('inactive');
    fed.seconds(minute, none, seen);
    expect(stateOf(fed)).toBe('pending');
    fed.second(none, seen);
    expect(stateOf(fed)).toBe('firing');
    expect(blind(fed)?.annotations['summary']).toBe(
      'inventory: not all is seen: no pod could be scraped for 80 s',
    );
    const firing = fed.monitor.alerts().filter(({ state }) => state === 'firing');
    expect(firing.map(({ labels }) => [labels['alertname'], labels['service']])).toEqual([
      ['MonitoringBlind', 'inventory'],
      ['MonitoringBlind', 'outbound'],
    ]);
  });

  test('fires when no probe ends any more', () => {
    const fed = production();
    fed.seconds(minute, calm, seen);
    fed.seconds(2 * minute, calm, { probes: [] });
    expect(stateOf(fed)).toBe('firing');
    expect(blind(fed)?.annotations['summary']).toBe(
      'inventory: not all is seen: no probe has ended for 120.5 s',
    );
  });

  test('fires for a single ready pod that cannot be scraped, and names it', () => {
    const fed = production();
    fed.seconds(minute, calm, seen);
    fed.seconds(2 * minute, partly, seen);
    expect(stateOf(fed)).toBe('firing');
    expect(blind(fed)?.annotations['summary']).toBe(
      'inventory: not all is seen: no metrics from ready pods api-old-b',
    );
  });

  test('resolves after a minute in which all was seen, and is forgotten later', () => {
    const fed = production();
    fed.seconds(minute, calm, seen);
    fed.seconds(2 * minute, partly, seen);
    fed.seconds(minute, calm, seen);
    expect(stateOf(fed)).toBe('firing');
    fed.second(calm, seen);
    expect(blind(fed)).toMatchObject({
      state: 'resolved',
      endsAt: fed.now,
      annotations: { summary: 'inventory: all is seen again' },
    });
    fed.seconds(15 * minute, calm, seen);
    expect(stateOf(fed)).toBe('inactive');
  });

  test('is one alert while monitoring goes blind again and again', () => {
    const fed = production();
    fed.seconds(minute, calm, seen);
    fed.seconds(2 * minute, partly, seen);
    const { startsAt } = blind(fed)!;
    for (let turn = 0; turn < 20; turn += 1) {
      fed.seconds(8, calm, seen);
      fed.seconds(5, partly, seen);
      expect(blind(fed)).toMatchObject({ state: 'firing', startsAt });
    }
  });

  test('fires for nothing that a rolling restart does', () => {
    const fed = production();
    for (let step = 0; step < 10 * minute; step += 1) {
      const generation = Math.floor(step / 4);
      const names = [generation, generation + 1].map((number) => `api-roll-${number}`);
      fed.second(Object.fromEntries(names.map((name) => [name, { reads: 80 }])), seen);
      expect(blind(fed)).toBeUndefined();
    }
  });

  test('goes on through a reload of alerts.yml', () => {
    const fed = production();
    fed.seconds(minute, calm, seen);
    fed.seconds(2 * minute, partly, seen);
    const before = blind(fed)!;
    const { alerts } = fed.configuration;
    fed.monitor.reconfigure({ ...alerts, rules: alerts.rules.slice(0, 1) }, fed.now);
    expect(blind(fed)).toEqual(before);
    fed.second(partly, seen);
    expect(blind(fed)).toEqual(before);
  });

  test('waits its minute anew when the clock is set back, and goes on when it fires', () => {
    const fed = production();
    fed.seconds(minute, calm, seen);
    fed.seconds(10, partly, seen);
    expect(stateOf(fed)).toBe('pending');
    fed.now -= 600_000;
    // A pod that is seen for the first time is missed after three scrapes.
    fed.seconds(4 + minute, partly, seen);
    expect(stateOf(fed)).toBe('pending');
    fed.second(partly, seen);
    expect(stateOf(fed)).toBe('firing');
    const { fingerprint, startsAt } = blind(fed)!;
    fed.now -= 600_000;
    fed.second(partly, seen);
    expect(blind(fed)).toMatchObject({ state: 'firing', fingerprint, startsAt });
    fed.seconds(minute + 1, calm, seen);
    expect(stateOf(fed)).toBe('resolved');
  });

  test('waits its minute and no longer when the clock is set back while nothing is seen', () => {
    const fed = production();
    fed.seconds(10, {}, { probes: [] });
    fed.now -= 600_000;
    fed.seconds(minute, {}, { probes: [] });
    expect(stateOf(fed)).toBe('pending');
    fed.second({}, { probes: [] });
    expect(stateOf(fed)).toBe('firing');
    fed.seconds(10, calm, seen);
    fed.now -= 600_000;
    // What was seen before is of another time.
    fed.seconds(minute + 2, calm, seen);
    expect(stateOf(fed)).toBe('resolved');
  });
});
