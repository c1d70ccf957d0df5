import { describe, expect, jest, test } from '@jest/globals';
import { parseExposition } from '../../services/monitoring-api/parse-exposition.js';
import { coarse, local, patient, production, withRules } from '../support/alert-configurations.js';
import { evenTraces, knownTraces, wildTraces } from '../support/alert-traces.js';
import { checkTraces } from '../support/check-traces.js';
import {
  apart,
  misheld,
  misjudged,
  miscounted,
  transitions,
  unequal,
} from '../support/compare-alerts.js';
import { evaluateBoth } from '../support/evaluate-both.js';
import type { AlertHistory, OwnEvaluator } from '../support/evaluate-both.js';
import { playTrace } from '../support/play-trace.js';
import { readRecording } from '../support/recorded-scrapes.js';

// The same scrapes before our evaluator and before Prometheus' own on the generated rules, under one virtual clock.
jest.setTimeout(15 * 60_000);

const known = async (...names: string[]) =>
  Promise.all(
    knownTraces
      .filter(({ name }) => names.length === 0 || names.includes(name))
      .map((trace) => playTrace(trace)),
  );

describe('on known traces', () => {
  let both: readonly AlertHistory[];

  test('our evaluator and Prometheus count and judge as each should', async () => {
    both = await evaluateBoth(await known(), production);
    expect(unequal(both)).toEqual([]);
  });

  test('conditions begin and end within an evaluation of each other', () => {
    expect(apart(both)).toEqual([]);
  });

  test('calm ones raise nothing, the others do: both silent would agree too', () => {
    const quiet = knownTraces
      .map(({ name }) => name)
      .filter((name) => transitions(both.filter(({ recording }) => recording === name)) === 0);
    expect(quiet).toEqual([
      'calm',
      'steady-trickle',
      'resets-in-calm',
      'gap-in-calm',
      'one-failed-probe',
    ]);
  });
});

describe('on what real processes exposed', () => {
  test('through a bad release, its death, a gap and the rollback, both count and judge as each should', async () => {
    const both = await evaluateBoth([readRecording('bad-release')], local);
    expect(unequal(both)).toEqual([]);
    expect(transitions(both)).toBeGreaterThan(5);
    expect(apart(both)).toEqual([]);
  });
});

describe('on random traces', () => {
  test('both count and judge as each should, whatever happens', async () => {
    await checkTraces(wildTraces, patient, { seed: 1, runs: 6 }, unequal);
  });

  test('conditions begin and end within an evaluation of each other where the same processes go on', async () => {
    // Rules without `for`: one that a burn just outlasts, or just not, makes an alert or none of one evaluation.
    await checkTraces(evenTraces, coarse, { seed: 2, runs: 6 }, (both) => [
      ...unequal(both),
      ...apart(both),
    ]);
  });
});

describe('the comparison notices an evaluator', () => {
  const compare = async (trace: string, own: OwnEvaluator) => {
    const both = await evaluateBoth(await known(trace), production, own);
    return [miscounted, misjudged, misheld, apart].filter((look) => look(both).length > 0);
  };

  test('that keeps firing for an evaluation too long', async () => {
    const configuration = withRules(production, ({ keepFiringFor }) => ({
      keepFiringFor: keepFiringFor + 5_000,
    }));
    expect(await compare('error-spike', { configuration })).toEqual([misjudged]);
  });

  test('that waits an evaluation too long before it fires', async () => {
    const configuration = withRules(production, () => ({ for: 5_000 }));
    expect(await compare('error-spike', { configuration })).toContain(misjudged);
  });

  test('that burns faster than the rules', async () => {
    const configuration = withRules(production, ({ burnRate }) => ({ burnRate: burnRate * 1.5 }));
    expect(await compare('error-spike', { configuration })).toEqual([misjudged]);
  });

  test('that ignores resets of counters', async () => {
    const highest = new Map<string, Float64Array>();
    const read = (text: string, pod: string) => {
      const sample = parseExposition(text);
      const before = highest.get(pod);
      const counters = sample.counters.map((value, index) => Math.max(value, before?.[index] ?? 0));
      highest.set(pod, counters);
      return { ...sample, counters };
    };
    expect(await compare('reset-in-a-spike', { read })).toContain(miscounted);
  });

  test('that takes a request whose caller gave up for a good one', async () => {
    const read = (text: string) => parseExposition(text.replaceAll('status="504"', 'status="204"'));
    expect(await compare('a-status-never-seen', { read })).toEqual([miscounted, apart]);
  });
});
