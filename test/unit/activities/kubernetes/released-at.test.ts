import { expect, test } from '@jest/globals';
import { digest } from '../../../../activities/kubernetes/digest.js';
import { toAnnotations } from '../../../../activities/kubernetes/marks.js';
import { findReleasedAt } from '../../../../activities/kubernetes/released-at.js';
import { deployment, marks, replicaSet, restartedSet, template } from './samples.js';

const readAt = '2026-11-24T12:00:00.000Z';
const created = '2026-11-24T08:00:00Z';
const applied = '2026-11-24T11:00:00.250Z';
const released = '2026-11-24T10:30:00Z';

const fresh = replicaSet(3, 'api:2', { creationTimestamp: created });
const reused = replicaSet(3, 'api:2', {
  creationTimestamp: created,
  annotations: {
    'deployment.kubernetes.io/revision': '3',
    'deployment.kubernetes.io/revision-history': '1',
  },
});

/** The object after a change of ours that set this template. */
function marked(templateDigest: string, progressedAt?: string) {
  const ours = marks({ appliedAt: applied, template: templateDigest, releasedAt: released });
  const annotations = toAnnotations(ours, 'cause');
  return deployment({ metadata: { annotations }, status: progressing(progressedAt) });
}

function progressing(lastUpdateTime?: string) {
  if (lastUpdateTime === undefined) return {};
  return { conditions: [{ type: 'Progressing', status: 'True', lastUpdateTime }] };
}

const present = digest(template('api:2'));

test('no ReplicaSet has the template yet: just now', () => {
  expect(findReleasedAt(deployment(), [], readAt, [])).toBe(readAt);
});

test('a ReplicaSet made for the template: its creation, whatever the condition says later', () => {
  const live = deployment({ status: progressing('2026-11-24T08:05:00Z') });
  expect(findReleasedAt(live, [fresh], readAt, [])).toBe(created);
});

test('a restart is no release: the creation of the revision that was restarted', () => {
  const restarts = [
    replicaSet(7, 'api:1', { creationTimestamp: '2026-11-24T07:00:00Z' }),
    replicaSet(8, 'api:2', { creationTimestamp: created }),
    restartedSet(9, 'api:2', '2026-11-24T09:00:00Z'),
  ];
  const live = deployment({ spec: { template: restarts[2]!.spec.template } });
  expect(findReleasedAt(live, restarts, readAt, [])).toBe(created);
});

test('our own rollback or undo is no release: what our mark says', () => {
  expect(findReleasedAt(marked(present, '2026-11-24T11:00:40Z'), [reused], readAt, [])).toBe(
    released,
  );
  expect(findReleasedAt(marked(present), [reused], readAt, [])).toBe(released);
});

test('a reused ReplicaSet after somebody else: when that rollout last progressed', () => {
  const live = deployment({ status: progressing('2026-11-24T11:30:00Z') });
  expect(findReleasedAt(live, [reused], readAt, [])).toBe('2026-11-24T11:30:00Z');
});

test('a reused ReplicaSet in the middle of its rollout: when its first pod was made', () => {
  const live = deployment({ status: progressing('2026-11-24T11:30:00Z') });
  const pods = ['2026-11-24T11:29:10Z', '2026-11-24T11:28:50Z'];
  expect(findReleasedAt(live, [reused], readAt, pods)).toBe('2026-11-24T11:28:50Z');
});

test('our mark about another template is not believed', () => {
  expect(findReleasedAt(marked('another', '2026-11-24T11:00:40Z'), [reused], readAt, [])).toBe(
    '2026-11-24T11:00:40Z',
  );
});

test('our mark that came back with a later undo is not believed', () => {
  expect(findReleasedAt(marked(present, '2026-11-24T11:45:00Z'), [reused], readAt, [])).toBe(
    '2026-11-24T11:45:00Z',
  );
});

test('a reused ReplicaSet and nothing else known: its creation', () => {
  expect(findReleasedAt(deployment(), [reused], readAt, [])).toBe(created);
});
