import { expect, test } from '@jest/globals';
import { findCurrent, readRevisions } from '../../../../activities/kubernetes/revision-facts.js';
import { deployment, replicaSet } from './samples.js';

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
