import { describe, expect, test } from '@jest/globals';
import type { RawCondition, RawPod } from '../../../../activities/kubernetes/raw-objects.js';
import { assessRollout, isRollingOut } from '../../../../activities/kubernetes/rollout-progress.js';
import { deployment, pod, replicaSet } from './samples.js';

const appliedAt = '2026-11-24T10:00:00.400Z';
const current = replicaSet(2, 'api:2');

type Parts = Parameters<typeof deployment>[0];

function assess(parts: Parts, pods: RawPod[] = []) {
  return assessRollout({ deployment: deployment(parts), current, pods, appliedAt });
}

function exceeded(replicaSetName: string, lastUpdateTime: string): RawCondition {
  return {
    type: 'Progressing',
    status: 'False',
    reason: 'ProgressDeadlineExceeded',
    message: `ReplicaSet "${replicaSetName}" has timed out progressing.`,
    lastUpdateTime,
  };
}

function waitingPod(name: string, reason: string): RawPod {
  return pod(name, {
    containerStatuses: [{ name: 'api', restartCount: 3, state: { waiting: { reason } } }],
  });
}

describe('a rollout', () => {
  test('is settled when every pod is new and available', () => {
    expect(assess({})).toEqual({ kind: 'settled' });
  });

  test('of nothing is settled at once', () => {
    expect(
      assess({
        spec: { replicas: 0 },
        status: { replicas: 0, updatedReplicas: 0, availableReplicas: 0 },
      }),
    ).toEqual({
      kind: 'settled',
    });
  });

  test.each<[Parts, string]>([
    [{ status: { observedGeneration: 3 } }, 'the controller has not taken up the change yet'],
    [{ spec: { paused: true } }, 'the rollout is paused'],
    [{ status: { updatedReplicas: 1 } }, '1 of 2 pods updated'],
    [{ status: { replicas: 3 } }, 'old pods still to end: 1'],
    [{ status: { availableReplicas: 1 } }, '1 of 2 updated pods available'],
  ])('with %j waits: %s', (parts, sentence) => {
    expect(assess(parts)).toEqual({ kind: 'waiting', sentence });
  });

  test('waits while no ReplicaSet has the template yet', () => {
    expect(
      assessRollout({ deployment: deployment(), current: null, pods: [], appliedAt }),
    ).toMatchObject({ kind: 'waiting' });
  });

  test('names new pods in trouble, three at most', () => {
    const pods = ['a', 'b', 'c', 'd'].map((name) => waitingPod(name, 'CrashLoopBackOff'));
    expect(assess({ status: { availableReplicas: 0 } }, pods)).toEqual({
      kind: 'waiting',
      sentence:
        '0 of 2 updated pods available; a: CrashLoopBackOff, b: CrashLoopBackOff, c: CrashLoopBackOff and 1 more',
    });
  });

  test('takes starting containers for no trouble', () => {
    expect(
      assess({ status: { availableReplicas: 1 } }, [waitingPod('a', 'ContainerCreating')]),
    ).toEqual({ kind: 'waiting', sentence: '1 of 2 updated pods available' });
  });

  test('is stuck when its own progress deadline has passed', () => {
    const parts: Parts = {
      spec: { progressDeadlineSeconds: 60 },
      status: {
        availableReplicas: 1,
        conditions: [exceeded('api-2', '2026-11-24T10:01:00Z')],
      },
    };
    expect(assess(parts, [waitingPod('a', 'ImagePullBackOff')])).toEqual({
      kind: 'stuck',
      reason: 'no progress within 60 s, 1 of 2 pods available; a: ImagePullBackOff',
    });
  });

  test.each([
    ['an earlier rollout', exceeded('api-2', '2026-11-24T10:00:00Z')],
    ['another ReplicaSet', exceeded('api-1', '2026-11-24T10:01:00Z')],
  ])('does not trust the deadline of %s', (_whose, condition) => {
    const status = { availableReplicas: 1, conditions: [condition] };
    expect(assess({ status })).toMatchObject({ kind: 'waiting' });
  });
});

describe('rolling out', () => {
  const complete: RawCondition = {
    type: 'Progressing',
    status: 'True',
    reason: 'NewReplicaSetAvailable',
  };

  test.each<[string, Parts, boolean]>([
    ['settled', {}, false],
    ['not taken up', { status: { observedGeneration: 3 } }, true],
    ['pods still old', { status: { updatedReplicas: 1 } }, true],
    ['old pods left', { status: { replicas: 3 } }, true],
    ['new pods not available yet', { status: { availableReplicas: 1 } }, true],
    [
      'pods failing after the rollout ended',
      { status: { availableReplicas: 0, conditions: [complete] } },
      false,
    ],
  ])('%s: %s', (_name, parts, expected) => {
    expect(isRollingOut(deployment(parts))).toBe(expected);
  });
});
