import { describe, expect, test } from '@jest/globals';
import type {
  ApplyMutationInput,
  Intent,
} from '../../../../activities/contracts/kubernetes.contract.js';
import { readChangeCause } from '../../../../activities/kubernetes/change-cause.js';
import { toAnnotations } from '../../../../activities/kubernetes/marks.js';
import { describeChange, newMarks } from '../../../../activities/kubernetes/new-marks.js';
import { deployment, marks, replicaSet, restartedSet, target, template } from './samples.js';

const now = '2026-11-24T12:00:00.000Z';
const cause = 'kubernetes.io/change-cause';
const number = 'deployment.kubernetes.io/revision';
const sets = [
  replicaSet(3, 'api:2', { creationTimestamp: '2026-11-24T11:30:00Z' }),
  replicaSet(2, 'api:1', { creationTimestamp: '2026-11-24T09:00:00Z' }),
];
const backTo = (revision: number): Intent => ({
  change: 'restore-revision',
  target,
  replicaSetUid: `uid-api-${revision}`,
  revision,
});

function change(intent: Intent, parts: Partial<ApplyMutationInput> = {}, isUndo = false) {
  const input: ApplyMutationInput = {
    mutation: {
      id: isUndo ? 'run/0/undo' : 'run/1',
      target,
      objectUid: 'uid-api',
      intent,
      patchDigest: '',
      undo: null,
      digestBefore: '',
      digestAfter: '',
      diff: '',
      summary: '',
    },
    incident: 'shop-7',
    runbook: 'rollback',
    blame: null,
    fence: 1,
    ...parts,
  };
  return input;
}

describe('when the release came into force', () => {
  test('a rollback brings back the date of what it goes back to, and keeps that of what it replaces', () => {
    expect(newMarks(change(backTo(2)), deployment(), sets, now)).toMatchObject({
      releasedAt: '2026-11-24T09:00:00Z',
      releasedAtBefore: '2026-11-24T11:30:00Z',
    });
  });

  test('an undo brings back the date of before, whoever had put the release back by hand meanwhile', () => {
    const ours = marks({ mutation: 'run/0', releasedAtBefore: '2026-11-24T11:45:00Z' });
    const live = deployment({ metadata: { annotations: toAnnotations(ours, '') } });
    expect(newMarks(change(backTo(3), {}, true), live, sets, now)).toMatchObject({
      releasedAt: '2026-11-24T11:45:00Z',
    });
  });

  test('a restart keeps it', () => {
    const restart = { change: 'restart-pods', target, restartedAt: now } as const;
    expect(newMarks(change(restart), deployment(), sets, now).releasedAt).toBe(
      '2026-11-24T11:30:00Z',
    );
  });
});

describe('which revisions are bad', () => {
  test('the one that is replaced is, with the reason, beside those known before', () => {
    const ours = marks({ badRevisions: { 2: 'did not roll out in shop-6' } });
    const live = deployment({ metadata: { annotations: toAnnotations(ours, '') } });
    const input = change(backTo(2), { blame: 'was rolled back from in shop-7' });
    expect(newMarks(input, live, sets, now).badRevisions).toEqual({
      2: 'did not roll out in shop-6',
      3: 'was rolled back from in shop-7',
    });
  });

  test('one that was used again has another number, one that is gone none: both are forgotten', () => {
    const ours = marks({ badRevisions: { 1: 'did not roll out in shop-6' } });
    const live = deployment({ metadata: { annotations: toAnnotations(ours, '') } });
    expect(newMarks(change(backTo(2)), live, sets, now).badRevisions).toEqual({});
  });
});

describe('the change-cause', () => {
  const live = deployment({
    metadata: { annotations: toAnnotations(marks({ mutation: 'run/0' }), 'release 1.2') },
  });
  const causeOf = (input: ApplyMutationInput, kept: Parameters<typeof newMarks>[2]) =>
    describeChange(input, live, kept);
  const said = (words: string) => [
    replicaSet(2, 'api:1', { annotations: { [number]: '2', [cause]: words } }),
  ];

  test('of a rollback and of its undo keeps the words of the release that comes back', () => {
    expect(causeOf(change(backTo(2)), said('release 1.0'))).toBe(
      'release 1.0 (rolled back to by shop-7)',
    );
    expect(causeOf(change(backTo(2), {}, true), said('release 1.0'))).toBe(
      'release 1.0 (put back by shop-7)',
    );
  });

  test('of a restart keeps those of the release that stands', () => {
    const restart = { change: 'restart-pods', target, restartedAt: now } as const;
    expect(causeOf(change(restart), [])).toBe('release 1.2 (restarted by shop-7)');
  });

  test('is never nested, never endless, and ours alone where nobody said anything: the next revision inherits it', () => {
    expect(causeOf(change(backTo(2)), said('release 1.0 (put back by shop-6)'))).toBe(
      'release 1.0 (rolled back to by shop-7)',
    );
    expect(causeOf(change(backTo(2)), said('x'.repeat(5_000))).length).toBeLessThan(240);
    expect(causeOf(change(backTo(2)), [replicaSet(2, 'api:1')])).toBe('(rolled back to by shop-7)');
    expect(readChangeCause({ annotations: { [cause]: '(rolled back to by shop-7)' } })).toBeNull();
  });
});

test('the date of a restarted release that is gone back to is that of the release', () => {
  const restarted = [
    replicaSet(4, 'api:2'),
    restartedSet(3, 'api:1', '2026-11-24T10:00:00Z'),
    replicaSet(2, 'api:1', { creationTimestamp: '2026-11-24T09:00:00Z' }),
  ];
  const live = deployment({ spec: { template: template('api:2') } });
  expect(newMarks(change(backTo(3)), live, restarted, now).releasedAt).toBe('2026-11-24T09:00:00Z');
});
