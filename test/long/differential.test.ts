import { expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { coarse, patient, production } from '../support/alert-configurations.js';
import { evenTraces, wildTraces } from '../support/alert-traces.js';
import { checkTraces } from '../support/check-traces.js';
import { apart, transitions, unequal } from '../support/compare-alerts.js';
import { evaluateBoth } from '../support/evaluate-both.js';
import { playTrace } from '../support/play-trace.js';

// As test/monitoring/differential.test.ts, on hundreds of traces.
jest.setTimeout(60 * 60_000);

test('our evaluator and Prometheus count and judge as each should, whatever happens', async () => {
  await Promise.all([
    checkTraces(wildTraces, patient, { seed: 11, runs: 100 }, unequal),
    checkTraces(wildTraces, production, { seed: 12, runs: 50 }, unequal),
  ]);
});

test('conditions begin and end within an evaluation of each other where the same processes go on', async () => {
  await Promise.all([
    checkTraces(evenTraces, coarse, { seed: 13, runs: 100 }, apart),
    checkTraces(evenTraces, production, { seed: 14, runs: 50 }, apart),
  ]);
});

test('whatever happens, Prometheus estimates so badly that conditions are further apart in fewer than one change in ten', async () => {
  const traces = fc.sample(wildTraces, { seed: 77, numRuns: 40 });
  const both = await evaluateBoth(
    await Promise.all(traces.map((trace) => playTrace(trace))),
    production,
  );
  expect(transitions(both)).toBeGreaterThan(500);
  expect(apart(both).length).toBeLessThan(transitions(both) / 10);
});
