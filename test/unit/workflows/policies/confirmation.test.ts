import { describe, expect, test } from '@jest/globals';
import type { ConfirmationProgress } from '../../../../workflows/policies/confirmation.js';
import { assessConfirmation, noReadingYet } from '../../../../workflows/policies/confirmation.js';
import { breached, health, noon, reading } from '../../../support/facts.js';

const policy = { confirmFor: 15_000, healthyHold: 60_000, pollInterval: 5_000, deadline: 300_000 };
const deadline = noon + policy.deadline;
const assess = (
  progress: ConfirmationProgress,
  now: number,
  reading: Parameters<typeof assessConfirmation>[1],
) => assessConfirmation(progress, reading, now, deadline, policy);

describe('confirming a breach', () => {
  test('one breached reading is not enough', () => {
    expect(assess(noReadingYet, noon, breached())).toEqual({
      kind: 'undecided',
      progress: { breachedAt: noon, healthyAt: null },
      readAgainAt: noon + 15_000,
    });
  });

  test('a second breached reading after confirmFor confirms it', () => {
    const progress = { breachedAt: noon, healthyAt: null };
    expect(assess(progress, noon + 15_000, breached())).toEqual({ kind: 'breached' });
  });

  test('a second breached reading too early does not confirm it', () => {
    const progress = { breachedAt: noon, healthyAt: null };
    expect(assess(progress, noon + 14_999, breached()).kind).toBe('undecided');
  });

  test('a healthy reading in between starts the confirmation again', () => {
    const first = assess({ breachedAt: noon, healthyAt: null }, noon + 5_000, health());
    expect(first).toMatchObject({ progress: { breachedAt: null, healthyAt: noon + 5_000 } });
  });

  test('readings that only alternate end as unproven, a hold begun before the deadline does not', () => {
    const late = deadline + policy.healthyHold;
    const begun = { breachedAt: null, healthyAt: deadline - 1 };
    expect(assess(begun, late - 1, health()).kind).toBe('healthy');
    expect(assess(noReadingYet, late, health())).toMatchObject({ kind: 'unproven' });
    expect(assess(noReadingYet, late - 1, health()).kind).toBe('undecided');
  });

  test('with confirmFor 0 the first breached reading confirms', () => {
    const eager = { ...policy, confirmFor: 0 };
    expect(assessConfirmation(noReadingYet, breached(), noon, deadline, eager)).toEqual({
      kind: 'breached',
    });
  });

  test('health is believed only after the hold', () => {
    const progress = { breachedAt: null, healthyAt: noon };
    expect(assess(progress, noon + 59_999, health()).kind).toBe('undecided');
    expect(assess(progress, noon + 60_000, health())).toEqual({
      kind: 'healthy',
      since: noon,
    });
  });

  test('a service whose rolling window alone is spent counts as healthy now', () => {
    const progress = { breachedAt: null, healthyAt: noon };
    expect(assess(progress, noon + 60_000, health({ status: 'warning' })).kind).toBe('healthy');
  });

  test('an unproven reading keeps the breach seen before but breaks the healthy hold', () => {
    const blind = health({ status: 'unproven' });
    const progress = { breachedAt: noon, healthyAt: noon };
    expect(assess(progress, noon + 20_000, blind)).toMatchObject({
      progress: { breachedAt: noon, healthyAt: null },
    });
  });

  test('no proof by the deadline is unproven and says which objective lacks what', () => {
    const blind = health({
      status: 'unproven',
      slos: [reading({ state: 'unproven', value: null, reason: '3 of 20 requests' })],
    });
    expect(assess(noReadingYet, deadline, blind)).toEqual({
      kind: 'unproven',
      why: 'error-rate: 3 of 20 requests',
    });
  });

  test('a missing reading is unproven, never healthy', () => {
    expect(assess(noReadingYet, deadline, undefined)).toEqual({
      kind: 'unproven',
      why: 'monitoring gave no reading',
    });
  });
});
