import { expect, test } from '@jest/globals';
import { planUndo } from '../../../../activities/kubernetes/plan-undo.js';
import { deployment, replicaSet, target } from './samples.js';

const rollback = {
  change: 'restore-revision',
  target,
  replicaSetUid: 'uid-api-1',
  revision: 1,
} as const;

test('a restored revision is undone by restoring the one that stood before', () => {
  const replicaSets = [replicaSet(2, 'api:2'), replicaSet(1, 'api:1')];
  expect(planUndo(rollback, deployment(), replicaSets)).toEqual({
    change: 'restore-revision',
    target,
    replicaSetUid: 'uid-api-2',
    revision: 2,
  });
});

test('a plan waits for the controller to have made the revision it would have to restore', () => {
  expect(() => planUndo(rollback, deployment(), [replicaSet(1, 'api:1')])).toThrow(
    expect.objectContaining({ type: 'StaleResource', nonRetryable: false }),
  );
});

test('a restart has nothing to undo', () => {
  const restart = { change: 'restart-pods', target, restartedAt: '2026-11-24T10:00:00Z' } as const;
  expect(planUndo(restart, deployment(), [])).toBeNull();
});
