import { describe, expect, test } from '@jest/globals';
import { materialisePatch } from '../../../../activities/kubernetes/materialise-patch.js';
import { deployment, replicaSet, target, template } from './samples.js';

describe('restoring a revision', () => {
  const intent = {
    change: 'restore-revision',
    target,
    replicaSetUid: 'uid-api-1',
    revision: 1,
  } as const;

  test('replaces the template by that of the ReplicaSet without its hash label', () => {
    expect(
      materialisePatch(intent, deployment(), [replicaSet(2, 'api:2'), replicaSet(1, 'api:1')]),
    ).toEqual({
      patch: [{ op: 'replace', path: '/spec/template', value: template('api:1') }],
      summary: 'deployment shop/api: back to revision 1 (image api:1)',
    });
  });

  test('is refused when the ReplicaSet is gone', () => {
    expect(() => materialisePatch(intent, deployment(), [replicaSet(2, 'api:2')])).toThrow(
      'could not change deployment shop/api: revision 1 is no longer kept (replicaset uid-api-1)',
    );
  });
});

describe('restarting pods', () => {
  const intent = {
    change: 'restart-pods',
    target,
    restartedAt: '2026-11-24T10:00:00Z',
  } as const;
  const key = 'kubectl.kubernetes.io/restartedAt';

  test('adds the annotations of the template when it has none', () => {
    expect(materialisePatch(intent, deployment(), [])).toEqual({
      patch: [
        {
          op: 'add',
          path: '/spec/template/metadata/annotations',
          value: { [key]: '2026-11-24T10:00:00Z' },
        },
      ],
      summary: 'deployment shop/api: restart its 2 pods (RollingUpdate)',
    });
  });

  test('sets one annotation beside the others', () => {
    const live = deployment({ spec: { template: template('api:2', { other: 'kept' }) } });
    expect(materialisePatch(intent, live, []).patch).toEqual([
      {
        op: 'add',
        path: '/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt',
        value: '2026-11-24T10:00:00Z',
      },
    ]);
  });

  test('is refused while rollouts are paused', () => {
    expect(() => materialisePatch(intent, deployment({ spec: { paused: true } }), [])).toThrow(
      'its rollouts are paused',
    );
  });
});
