import { expect, jest, test } from '@jest/globals';
import { knownTraces, randomTrace } from '../support/alert-traces.js';
import { disagreements, transitions, withPrometheus } from '../support/compare-alerts.js';
import { evaluateBoth } from '../support/evaluate-both.js';

// The same processes before our evaluator and a real Prometheus on the generated rules, for a minute.
jest.setTimeout(30 * 60_000);

const seconds = 55;

test('our evaluator and Prometheus raise and end the same alerts on every trace', async () => {
  const random = [1, 2, 3, 4, 20_214].map((seed) => randomTrace(seed, seconds));
  const both = await evaluateBoth([...knownTraces, ...random], seconds);

  expect(both.worstDelayMs).toBeLessThan(1_000);
  expect(disagreements(both)).toEqual([]);
  // Both silent would agree too.
  for (const quiet of ['calm', 'steady-trickle', 'resets-in-calm', 'gap-in-calm']) {
    expect(`${quiet}: ${transitions(both, quiet)}`).toBe(`${quiet}: 0`);
  }
  for (const loud of [
    'error-spike',
    'two-spikes',
    'latency-spike',
    'outage',
    'reset-in-a-spike',
    'gap-in-a-spike',
    'low-traffic',
    'silence-after-a-spike',
  ]) {
    expect(transitions(both, loud)).toBeGreaterThan(0);
  }
  // The comparison would notice a Prometheus that is silent, or that never ends what it began.
  const silent = disagreements(withPrometheus(both, () => false)).map((line) => line.split(' ')[0]);
  for (const loud of [
    'error-spike',
    'two-spikes',
    'latency-spike',
    'outage',
    'reset-in-a-spike',
    'low-traffic',
  ]) {
    expect(silent).toContain(loud);
  }
  expect(disagreements(withPrometheus(both, (fires, at) => fires || at > 20))).not.toEqual([]);
});
