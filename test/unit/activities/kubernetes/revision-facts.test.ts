import { expect, test } from '@jest/globals';
import { findCurrent, readRevisions } from '../../../../activities/kubernetes/revision-facts.js';
import { toAnnotations } from '../../../../activities/kubernetes/marks.js';
import { deployment, marks, replicaSet } from './samples.js';

test('revisions come newest first, and the one that runs is marked', () => {
  const sets = [replicaSet(9, 'api:2'), replicaSet(10, 'api:3'), replicaSet(8, 'api:1')];
  expect(
    readRevisions(deployment(), sets, 'api').map(({ revision, image, current }) => [
      revision,
      image,
      current,
    ]),
  ).toEqual([
    [10, 'api:3', false],
    [9, 'api:2', true],
    [8, 'api:1', false],
  ]);
});

test('of two ReplicaSets with the present template the older one is current', () => {
  const sets = [
    replicaSet(2, 'api:2', { creationTimestamp: '2026-11-24T11:00:00Z' }),
    replicaSet(1, 'api:2', { creationTimestamp: '2026-11-24T10:00:00Z' }),
  ];
  expect(findCurrent(deployment(), sets)?.metadata.name).toBe('api-1');
});

test('without a ReplicaSet of the present template none is current', () => {
  expect(findCurrent(deployment(), [replicaSet(1, 'api:1')])).toBeNull();
});

test('at most ten revisions are told', () => {
  const sets = Array.from({ length: 14 }, (_, index) => replicaSet(index + 1, `api:${index}`));
  const revisions = readRevisions(deployment(), sets, 'api');
  expect(revisions.map(({ revision }) => revision)).toEqual([14, 13, 12, 11, 10, 9, 8, 7, 6, 5]);
});

test('an old revision without the container is told by all its images', () => {
  expect(readRevisions(deployment(), [replicaSet(1, 'api:1')], 'renamed')[0]?.image).toBe('api:1');
});

test('a revision that our marks call bad says why, in force again it has another number', () => {
  const ours = marks({ badRevisions: { 1: 'did not roll out in shop-6', 2: 'is void' } });
  const live = deployment({ metadata: { annotations: toAnnotations(ours, '') } });
  const sets = [replicaSet(3, 'api:2'), replicaSet(1, 'api:1')];
  expect(readRevisions(live, sets, 'api').map(({ knownBad }) => knownBad)).toEqual([
    null,
    'did not roll out in shop-6',
  ]);
});

test('marks that somebody made unreadable say nothing', () => {
  for (const text of ['{', 'null', '[1]', '{"1":{"a":1}}']) {
    const annotations = {
      ...toAnnotations(marks(), ''),
      'durable-runbooks.io/bad-revisions': text,
    };
    const live = deployment({ metadata: { annotations } });
    expect(readRevisions(live, [replicaSet(1, 'api:1')], 'api')[0]?.knownBad).toBeNull();
  }
});

test('how soon a revision was replaced is known where neither it nor the next was used again', () => {
  const at = (second: number) => ({ creationTimestamp: `2026-11-24T10:00:0${second}Z` });
  const numbers = (revision: string, history: string) => ({
    annotations: {
      'deployment.kubernetes.io/revision': revision,
      'deployment.kubernetes.io/revision-history': history,
    },
  });
  const sets = [
    replicaSet(1, 'api:0', at(0)),
    replicaSet(2, 'api:1', at(4)),
    // Made as the third, then gone back to.
    replicaSet(3, 'api:2', { ...at(6), ...numbers('5', '3') }),
    replicaSet(4, 'api:3', at(9)),
  ];
  const replaced = readRevisions(deployment(), sets, 'api');
  expect(replaced.map(({ revision, replacedAfterMs }) => [revision, replacedAfterMs])).toEqual([
    [5, null],
    [4, null],
    [2, 2_000],
    [1, 4_000],
  ]);
});

test('a change-cause is told without what our own changes added', () => {
  const cause = { 'kubernetes.io/change-cause': 'release 1.0 (rolled back to by shop-6)' };
  const sets = [replicaSet(1, 'api:1', { annotations: cause })];
  expect(readRevisions(deployment(), sets, 'api')[0]?.changeCause).toBe('release 1.0');
});
