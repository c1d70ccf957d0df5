import { describe, expect, test } from '@jest/globals';
import type { Situation } from '../../../../workflows/runbooks/define-runbook.js';
import { runbooks } from '../../../../workflows/runbooks/index.js';
import { at, breached, facts, health, noon, revision, target } from '../../../support/facts.js';

const situation: Situation = {
  now: noon + 123,
  facts: facts(),
  health: breached(),
  blamed: [],
  counted: [],
  chosen: null,
};

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

  test('names the releases it passes over, and why', () => {
    const revisions = [
      revision(3, { current: true, createdAt: at(-60) }),
      revision(2, { changeCause: 'release 1.3', knownBad: 'did not roll out in inventory-1' }),
      revision(1),
    ];
    const plan = runbooks.rollback.plan({ ...situation, facts: facts({ revisions }) });
    expect(plan.intents).toMatchObject([{ replicaSetUid: 'uid-1' }]);
    expect(plan.summary).toBe(
      'roll supply-chain/inventory-api back from revision 3 to revision 1 (inventory-api:1.1), which has served nothing that monitoring still knows of; passed over: revision 2 (release 1.3) did not roll out in inventory-1',
    );
  });

  test('is refused when every earlier release is known to be bad, with the reasons', () => {
    const blamed = [{ release: 'digest-1', why: 'did not bring recovery in inventory-1' }];
    expect(runbooks.rollback.refusals({ ...situation, blamed })).toEqual([
      'no earlier revision is left to go back to by itself: revision 1 (inventory-api:1.1) did not bring recovery in inventory-1',
    ]);
  });

  test('goes to the revision that a person chose, be it known to be bad', () => {
    const blamed = [{ release: 'digest-1', why: 'did not bring recovery in inventory-1' }];
    const chosen = { ...situation, blamed, chosen: 'uid-1' };
    expect(runbooks.rollback.refusals(chosen)).toEqual([]);
    expect(runbooks.rollback.plan(chosen).intents).toMatchObject([{ replicaSetUid: 'uid-1' }]);
  });

  test('is refused for a chosen revision that is the present one or gone', () => {
    expect(runbooks.rollback.refusals({ ...situation, chosen: 'uid-2' })).toEqual([
      'revision 2 (inventory-api:1.2) is the present release',
    ]);
    expect(runbooks.rollback.refusals({ ...situation, chosen: 'gone' })).toEqual([
      'the revision that was chosen is no longer kept',
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
