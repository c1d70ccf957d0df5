import { expect, test } from '@jest/globals';
import { digest } from '../../../../activities/kubernetes/digest.js';
import { findLastRollout } from '../../../../activities/kubernetes/last-rollout.js';
import { toAnnotations } from '../../../../activities/kubernetes/marks.js';
import { deployment, replicaSet, template } from './samples.js';

const readAt = '2026-11-24T12:00:00.000Z';
const created = '2026-11-24T08:00:00Z';
const applied = '2026-11-24T11:00:00.250Z';

const fresh = replicaSet(3, 'api:2', { creationTimestamp: created });
const reused = replicaSet(3, 'api:2', {
  creationTimestamp: created,
  annotations: {
    'deployment.kubernetes.io/revision': '3',
    'deployment.kubernetes.io/revision-history': '1',
  },
});

function marked(templateDigest: string, progressedAt?: string) {
  const annotations = toAnnotations(
    {
      mutation: 'run/step/0',
      incident: 'shop-7',
      runbook: 'rollback',
      fence: 1,
      appliedAt: applied,
      generation: 4,
      template: templateDigest,
    },
    'cause',
  );
  return deployment({ metadata: { annotations }, status: progressing(progressedAt) });
}

function progressing(lastUpdateTime?: string) {
  if (lastUpdateTime === undefined) return {};
  return { conditions: [{ type: 'Progressing', status: 'True', lastUpdateTime }] };
}

const ours = digest(template('api:2'));

test('no ReplicaSet has the template yet: just now', () => {
  expect(findLastRollout(deployment(), null, readAt, [])).toBe(readAt);
});

test('a ReplicaSet made for the template: its creation, whatever the condition says later', () => {
  const live = deployment({ status: progressing('2026-11-24T08:05:00Z') });
  expect(findLastRollout(live, fresh, readAt, [])).toBe(created);
});

test('a reused ReplicaSet after our own change: our mark', () => {
  expect(findLastRollout(marked(ours, '2026-11-24T11:00:40Z'), reused, readAt, [])).toBe(applied);
  expect(findLastRollout(marked(ours), reused, readAt, [])).toBe(applied);
});

test('a reused ReplicaSet after somebody else: when that rollout last progressed', () => {
  const live = deployment({ status: progressing('2026-11-24T11:30:00Z') });
  expect(findLastRollout(live, reused, readAt, [])).toBe('2026-11-24T11:30:00Z');
});

test('a reused ReplicaSet in the middle of its rollout: when its first pod was made', () => {
  const live = deployment({ status: progressing('2026-11-24T11:30:00Z') });
  const pods = ['2026-11-24T11:29:10Z', '2026-11-24T11:28:50Z'];
  expect(findLastRollout(live, reused, readAt, pods)).toBe('2026-11-24T11:28:50Z');
});

test('our mark about another template is not believed', () => {
  expect(findLastRollout(marked('another', '2026-11-24T11:00:40Z'), reused, readAt, [])).toBe(
    '2026-11-24T11:00:40Z',
  );
});

test('our mark that came back with a later undo is not believed', () => {
  expect(findLastRollout(marked(ours, '2026-11-24T11:45:00Z'), reused, readAt, [])).toBe(
    '2026-11-24T11:45:00Z',
  );
});

test('a reused ReplicaSet and nothing else known: its creation', () => {
  expect(findLastRollout(deployment(), reused, readAt, [])).toBe(created);
});
