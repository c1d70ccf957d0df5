import { expect, jest, test } from '@jest/globals';
import { randomTrace } from '../support/alert-traces.js';
import { disagreements, transitions } from '../support/compare-alerts.js';
import { evaluateBoth } from '../support/evaluate-both.js';

// Longer than every window, so that each alert has time to end as well; other traces in every run.
jest.setTimeout(30 * 60_000);

const seconds = 200;

test('our evaluator and Prometheus agree on random traces', async () => {
  const first = Date.now() % 1_000_000;
  const traces = Array.from({ length: 16 }, (_, index) => randomTrace(first + index, seconds));
  const both = await evaluateBoth(traces, seconds);

  expect(both.worstDelayMs).toBeLessThan(1_000);
  expect(disagreements(both)).toEqual([]);
  expect(traces.reduce((sum, { name }) => sum + transitions(both, name), 0)).toBeGreaterThan(50);
});
