import { describe, expect, test } from '@jest/globals';
import { runbooks } from '../../../../workflows/runbooks/index.js';
import { breached, facts, health, noon, revision, target } from '../../../support/facts.js';

const situation = { now: noon + 123, facts: facts(), health: breached() };

describe('rollback', () => {
  test('goes back to the revision before the newest release, by its ReplicaSet', () => {
    expect(runbooks.rollback.plan(situation).intents).toEqual([
      { change: 'restore-revision', target, replicaSetUid: 'uid-1', revision: 1 },
    ]);
  });

  test('is refused when there is nothing to go back to', () => {
    const only = facts({ revisions: [revision(1, { current: true })] });
    expect(runbooks.rollback.refusals({ ...situation, facts: only })).toEqual([
      'there is no earlier revision to go back to',
    ]);
  });

  test('is refused while the controller has not seen the newest change', () => {
    const stale = facts({ generation: 3 });
    expect(runbooks.rollback.refusals({ ...situation, facts: stale })).toEqual([
      'the deployment controller has not yet seen the newest change',
    ]);
  });
});

describe('restart', () => {
  test('writes one time in whole seconds, so that a second attempt writes the same', () => {
    expect(runbooks.restart.plan(situation).intents).toEqual([
      { change: 'restart-pods', target, restartedAt: '2026-01-01T12:00:00Z' },
    ]);
  });

  test('is refused while a rollout is under way', () => {
    const rolling = facts({ rollingOut: true });
    expect(runbooks.restart.refusals({ ...situation, facts: rolling })).toHaveLength(1);
  });

  test.each([{ strategy: 'Recreate' }, { desiredReplicas: 1 }])(
    'is refused where it would be an outage: %j',
    (changes) => {
      expect(runbooks.restart.refusals({ ...situation, facts: facts(changes) })).toHaveLength(1);
    },
  );

  test('is refused for a healthy service', () => {
    expect(runbooks.restart.refusals({ ...situation, health: health() })).toEqual([
      'the service meets its objectives',
    ]);
  });
});

test.each(Object.entries(runbooks))('%s answers to its own name', (name, runbook) => {
  expect(runbook.name).toBe(name);
});
