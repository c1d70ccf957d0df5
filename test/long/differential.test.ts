import { jest, test } from '@jest/globals';
import { coarse, patient, production } from '../support/alert-configurations.js';
import { evenTraces, wildTraces } from '../support/alert-traces.js';
import { checkTraces } from '../support/check-traces.js';
import { apart, unequal } from '../support/compare-alerts.js';

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
