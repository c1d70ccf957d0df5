import { expect, test } from '@jest/globals';
import { FedMonitor } from '../../../support/fed-monitor.js';

const good = { 'api-old-a': { reads: 100, writes: 20 } };
const failing = { 'api-old-a': { reads: 100, readErrors: 100, writes: 20, writeErrors: 20 } };

test('a clock that is set back makes nothing of before pass for present', () => {
  const fed = new FedMonitor(['configuration'], 5_000);
  fed.seconds(240, good, { probes: [true] });
  fed.now -= 10 * 60_000;
  fed.second(failing, { probes: [false] });
  expect(fed.health().status).toBe('unproven');
  fed.seconds(60, failing, { probes: [false] });
  expect(fed.states()).toEqual(['ok', 'breached', 'breached']);
  const firing = fed.alerts().filter(({ state }) => state === 'firing');
  expect(firing.map(({ labels }) => labels['alertname'])).toContain('ErrorRateFastBurn');
});

test('counts of pods that had to be forgotten leave health unproven, never ok', () => {
  const fed = new FedMonitor(['configuration'], 5_000);
  const pods = (generation: string, traffic: object) =>
    Object.fromEntries(
      Array.from({ length: 150 }, (_, index) => [`api-${generation}-${index}`, traffic]),
    );
  fed.seconds(30, pods('a', { reads: 20 }), { probes: [true] });
  fed.seconds(2, pods('b', { reads: 20 }), { probes: [true] });
  const { status, slos } = fed.health();
  expect(status).toBe('unproven');
  expect(slos[1]!.reason).toContain('the requests of some are forgotten');
  // It leaves the window of the verdict first; what is left of the hour's budget is not known until it leaves that too.
  fed.seconds(14, pods('b', { reads: 20 }), { probes: [true] });
  expect(fed.health()).toMatchObject({ status: 'ok', slos: [{}, { budgetLeft: null }, {}] });
});

test('a breach outlives an unproven while, not a silent night', () => {
  const fed = new FedMonitor(['configuration'], 5_000);
  const quiet = { 'api-old-a': { reads: 1 } };
  const began = '2026-01-01T00:00:20.000Z';
  fed.seconds(30, failing, { probes: [true] });
  expect(fed.health().breachedSince).toBe(began);
  fed.seconds(30 * 12, quiet, { probes: [true] });
  expect(fed.health().breachedSince).toBe(began);
  fed.seconds(8 * 60 * 12, quiet, { probes: [true] });
  expect(fed.health().breachedSince).toBeNull();
  const again = fed.now;
  fed.seconds(30, failing, { probes: [true] });
  expect(Date.parse(fed.health().breachedSince!)).toBeGreaterThan(again);
});

test('an alert is not resolved by what cannot be seen: the failing pod is ready but cannot be scraped', () => {
  const fed = new FedMonitor(['configuration'], 5_000);
  const calm = Object.fromEntries(
    Array.from({ length: 4 }, (_, index) => [`api-a-${index}`, { reads: 30 }]),
  );
  const states = () => new Set(fed.alerts().map(({ state }) => state));
  fed.seconds(60, { ...calm, 'api-a-9': { reads: 30, readErrors: 30 } }, { probes: [true] });
  expect(states()).toEqual(new Set(['firing']));
  fed.seconds(100, { ...calm, 'api-a-9': 'unreachable' }, { probes: [true] });
  expect(states()).toEqual(new Set(['firing']));
  expect(fed.monitor.rules().map(({ note }) => note)).toContain(
    'no metrics from ready pods api-a-9',
  );
  fed.seconds(60, calm, { probes: [true] });
  expect(states()).not.toContain('firing');
});

test('one failed probe alone, the first or any other, fires nothing and is no breach; a second one is', () => {
  const fed = new FedMonitor(['configuration'], 5_000);
  fed.second(good, { probes: [false] });
  fed.seconds(20, good, { probes: [true] });
  expect(fed.alerts()).toEqual([]);
  fed.seconds(100, good, { probes: [true] });
  fed.second(good, { probes: [false] });
  expect(fed.health()).toMatchObject({
    status: 'unproven',
    slos: [{}, {}, { state: 'unproven', reason: 'one failure alone proves nothing' }],
  });
  fed.second(good, { probes: [false] });
  expect(fed.health().status).toBe('critical');
  expect(fed.alerts().map(({ labels }) => labels['alertname'])).toContain('AvailabilityFastBurn');
});
