import { describe, expect, test } from '@jest/globals';
import { FedMonitor } from '../support/fed-monitor.js';
import type { Traffic } from '../support/fed-monitor.js';

// One case for each pattern of the runbook, in production's own windows: a scrape, a probe and an evaluation every five
// seconds. Who adds a pattern after an incident adds it here.

const minute = 12;
type Pods = Readonly<Record<string, Traffic | 'unreachable'>>;
/** 60 requests a second over three pods: every value is for five seconds of one pod. */
const pods = (traffic: Traffic): Pods => ({
  'api-one-a': traffic,
  'api-one-b': traffic,
  'api-one-c': traffic,
});
const calm: Traffic = { reads: 80, writes: 20 };

/** Minutes from now until it is so; fails after an hour. */
function minutesUntil(fed: FedMonitor, isSo: () => boolean, traffic: Pods): number {
  for (let steps = 1; steps <= 60 * minute; steps += 1) {
    fed.second(traffic, { probes: [true] });
    if (isSo()) return steps / minute;
  }
  throw new Error('never came true within an hour');
}
const active = (fed: FedMonitor, state: 'firing' | 'resolved' = 'firing') =>
  fed
    .alerts()
    .filter((alert) => alert.state === state)
    .map(({ labels }) => labels['alertname'] ?? '')
    .sort();
function calmHour(): FedMonitor {
  const fed = new FedMonitor(['configuration'], 5_000);
  fed.seconds(60 * minute, pods(calm), { probes: [true] });
  expect(fed.alerts()).toEqual([]);
  expect(fed.states()).toEqual(['ok', 'ok', 'ok']);
  return fed;
}

describe('a latency spike', () => {
  test('raises latency alone within two minutes, is breached at once, and ends after it', () => {
    const fed = calmHour();
    const slow = pods({ ...calm, slow: 100 });
    expect(minutesUntil(fed, () => active(fed).includes('LatencyP95FastBurn'), slow)).toBeLessThan(
      2,
    );
    expect(active(fed).every((name) => name.startsWith('LatencyP95'))).toBe(true);
    expect(fed.health()).toMatchObject({ status: 'critical' });
    expect(fed.states()).toEqual(['breached', 'ok', 'ok']);
    expect(fed.health().slos[0]?.value).toBeGreaterThan(500);
    const ended = minutesUntil(fed, () => active(fed).length === 0, pods(calm));
    expect(ended).toBeLessThan(10);
    expect(fed.states()).toEqual(['ok', 'ok', 'ok']);
  });
});

describe('an error burst', () => {
  test('raises the error rate within a minute and a half, and shows the failing routes', () => {
    const fed = calmHour();
    const burst = pods({ reads: 80, readErrors: 20, writes: 20, writeErrors: 5 });
    expect(minutesUntil(fed, () => active(fed).includes('ErrorRateFastBurn'), burst)).toBeLessThan(
      1.5,
    );
    expect(active(fed).every((name) => name.startsWith('ErrorRate'))).toBe(true);
    expect(fed.states()).toEqual(['ok', 'breached', 'ok']);
  });

  test('of ten seconds raises nothing for people to act on', () => {
    const fed = calmHour();
    fed.seconds(2, pods({ ...calm, readErrors: 40 }), { probes: [true] });
    fed.seconds(10 * minute, pods(calm), { probes: [true] });
    const critical = fed.alerts().filter(({ labels }) => labels['severity'] === 'critical');
    expect(critical).toEqual([]);
  });
});

describe('availability that erodes', () => {
  test('below 99.5 % of an hour is a warning, though no single outage is worth an alarm', () => {
    const fed = new FedMonitor(['configuration'], 5_000);
    const failsAt = [5, 21, 37, 53].map((at) => at * minute);
    for (let step = 0; step < 55 * minute; step += 1) {
      fed.second(pods(calm), { probes: [!failsAt.includes(step)] });
      if (step === 50 * minute) expect(active(fed)).not.toContain('AvailabilityBreach');
      expect(active(fed)).not.toContain('AvailabilityFastBurn');
    }
    expect(active(fed)).toContain('AvailabilityBreach');
    // All is well at this moment, but the hour's budget is spent.
    expect(fed.health().slos[2]).toMatchObject({ state: 'ok' });
    expect(fed.health().slos[2]?.budgetLeft).toBeLessThan(0);
    expect(fed.health().status).toBe('warning');
  });
});

describe('a write path that fails while reads are healthy', () => {
  test('is told apart in the numbers that decide on read-only', () => {
    const fed = calmHour();
    const failing = pods({ reads: 80, writes: 20, writeErrors: 10 });
    minutesUntil(fed, () => active(fed).includes('ErrorRateFastBurn'), failing);
    fed.seconds(minute, failing, { probes: [true] });
    const { reads, writes } = fed.health();
    expect(reads?.errors).toBe(0);
    expect((writes?.errors ?? 0) / (writes?.requests ?? 1)).toBeCloseTo(0.5);
  });
});

describe('a blind monitor', () => {
  const blind = {
    'api-one-a': 'unreachable',
    'api-one-b': 'unreachable',
    'api-one-c': 'unreachable',
  } as const;

  test('says so, tells people after a minute, and raises and resolves nothing else', () => {
    const fed = calmHour();
    const burst = pods({ ...calm, readErrors: 20 });
    minutesUntil(fed, () => active(fed).includes('ErrorRateFastBurn'), burst);
    const before = active(fed);
    fed.seconds(minute, blind, { probes: [] });
    expect(active(fed)).toEqual(before);
    fed.seconds(19 * minute, blind, { probes: [] });
    expect(active(fed)).toEqual([...before, 'MonitoringBlind']);
    expect(fed.states()).toEqual(['unproven', 'unproven', 'unproven']);
    expect(fed.health()).toMatchObject({ status: 'unproven' });
    expect(fed.health().slos.map(({ reason }) => reason)).toEqual([
      'no pod could be scraped for 1200 s',
      'no pod could be scraped for 1200 s',
      'no probe has ended for 1200.5 s',
    ]);
  });

  test('is over a minute after all is seen again, and only then', () => {
    const fed = calmHour();
    fed.seconds(20 * minute, blind, { probes: [] });
    expect(active(fed)).toEqual(['MonitoringBlind']);
    const partly = { ...pods(calm), 'api-one-c': 'unreachable' as const };
    fed.seconds(5 * minute, partly, { probes: [true] });
    expect(active(fed)).toEqual(['MonitoringBlind']);
    const ended = minutesUntil(fed, () => active(fed).length === 0, pods(calm));
    expect(ended).toBeCloseTo(1 + 1 / minute);
  });

  test('that is blind for one pod only does not call the service healthy, but still proves a breach', () => {
    const fed = calmHour();
    fed.seconds(minute, { ...pods(calm), 'api-one-c': 'unreachable' }, { probes: [true] });
    expect(fed.states()).toEqual(['unproven', 'unproven', 'ok']);
    const burst = { ...pods({ ...calm, readErrors: 20 }), 'api-one-c': 'unreachable' as const };
    fed.seconds(minute, burst, { probes: [true] });
    expect(fed.states()[1]).toBe('breached');
  });
});

describe('pod churn', () => {
  test('raises nothing and loses at most the last scrape interval of each pod', () => {
    const fed = calmHour();
    let answered = 0;
    const counted = () => fed.monitor.store(fed.service).totals().counters[0] ?? 0;
    const before = counted();
    // Every twenty seconds a pod makes way for a new one, for half an hour.
    for (let step = 0; step < 30 * minute; step += 1) {
      const generation = Math.floor(step / 4);
      const names = [generation, generation + 1, generation + 2].map(
        (number) => `api-churn-${number}`,
      );
      fed.second(Object.fromEntries(names.map((name) => [name, calm])), { probes: [true] });
      answered += names.length * (calm.reads ?? 0);
      expect(fed.alerts()).toEqual([]);
    }
    const lost = answered - (counted() - before);
    // A pod's first scrape is only a start.
    expect(lost).toBeLessThanOrEqual(((30 * minute) / 4) * 80 + 3 * 80);
    expect(fed.states()).toEqual(['ok', 'ok', 'ok']);
  });

  test('does not hide a release whose new pods fail', () => {
    const fed = calmHour();
    const mixed: Pods = {
      'api-one-a': calm,
      'api-one-b': calm,
      'api-two-a': { ...calm, readErrors: 40 },
    };
    minutesUntil(fed, () => active(fed).includes('ErrorRateFastBurn'), mixed);
    const failing = fed.health().pods.filter(({ errors }) => errors > 0);
    expect(failing.map(({ templateHash }) => templateHash)).toEqual(['two']);
  });
});
