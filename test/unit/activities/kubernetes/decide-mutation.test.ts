import { describe, expect, test } from '@jest/globals';
import type { ApplyMutationInput } from '../../../../activities/contracts/kubernetes.contract.js';
import { decideMutation } from '../../../../activities/kubernetes/decide-mutation.js';
import { digest } from '../../../../activities/kubernetes/digest.js';
import { toAnnotations, type Marks } from '../../../../activities/kubernetes/marks.js';
import { deployment, marks, replicaSet, target, template } from './samples.js';

const now = '2026-11-24T10:00:00.000Z';
const patch = [{ op: 'replace', path: '/spec/template', value: template('api:1') }];
const replicaSets = [replicaSet(2, 'api:2'), replicaSet(1, 'api:1')];
const input: ApplyMutationInput = {
  mutation: {
    id: 'run/step/0',
    target,
    objectUid: 'uid-api',
    intent: { change: 'restore-revision', target, replicaSetUid: 'uid-api-1', revision: 1 },
    patchDigest: digest(patch),
    undo: null,
    digestBefore: digest(template('api:2')),
    digestAfter: digest(template('api:1')),
    diff: '',
    summary: 'back to revision 1',
  },
  incident: 'shop-7',
  runbook: 'rollback',
  blame: 'was rolled back from in shop-7',
  fence: 100,
};

function marked(changes: Partial<Marks>, image = 'api:2') {
  const annotations = toAnnotations(marks(changes), 'cause');
  return deployment({ metadata: { annotations }, spec: { template: template(image) } });
}

describe('a mutation not yet applied', () => {
  test('is sent with marks that say who, what and which generation it becomes', () => {
    expect(decideMutation(input, deployment(), replicaSets, now)).toEqual({
      kind: 'send',
      operations: [
        ...patch,
        {
          op: 'add',
          path: '/metadata/annotations',
          value: {
            'kubernetes.io/change-cause': '(rolled back to by shop-7)',
            'durable-runbooks.io/mutation': 'run/step/0',
            'durable-runbooks.io/incident': 'shop-7',
            'durable-runbooks.io/runbook': 'rollback',
            'durable-runbooks.io/fence': '100',
            'durable-runbooks.io/applied-at': now,
            'durable-runbooks.io/generation': '5',
            'durable-runbooks.io/template': digest(template('api:1')),
            'durable-runbooks.io/released-at': '2026-11-24T10:00:00Z',
            'durable-runbooks.io/released-at-before': '2026-11-24T10:00:00Z',
            'durable-runbooks.io/bad-revisions': '{"2":"was rolled back from in shop-7"}',
          },
        },
      ],
    });
  });

  test('is sent after an earlier action, and after one of the same fence', () => {
    expect(decideMutation(input, marked({ fence: 50 }), replicaSets, now).kind).toBe('send');
    expect(decideMutation(input, marked({ fence: 100 }), replicaSets, now).kind).toBe('send');
  });

  test('is refused after a later action', () => {
    expect(() => decideMutation(input, marked({ fence: 101 }), replicaSets, now)).toThrow(
      expect.objectContaining({ type: 'FenceLost', nonRetryable: true }),
    );
  });

  test('is refused when the template or the object is another one', () => {
    const changed = expect.objectContaining({ type: 'PlanChanged', nonRetryable: true });
    const edited = deployment({ spec: { template: template('api:9') } });
    expect(() => decideMutation(input, edited, replicaSets, now)).toThrow(changed);
    const reborn = deployment({ metadata: { uid: 'another' } });
    expect(() => decideMutation(input, reborn, replicaSets, now)).toThrow(changed);
  });
});

test('another change than the approved one is refused: the revision to go back to was edited', () => {
  const edited = [replicaSet(2, 'api:2'), replicaSet(1, 'api:1-edited')];
  expect(() => decideMutation(input, deployment(), edited, now)).toThrow(
    expect.objectContaining({
      type: 'PlanChanged',
      message: expect.stringContaining('would not be the one that was approved'),
    }),
  );
});

test('a mutation already applied gives its first receipt again, whatever happened since', () => {
  const live = marked(
    { mutation: 'run/step/0', fence: 100, generation: 5, appliedAt: now },
    'api:9',
  );
  expect(decideMutation(input, live, replicaSets, '2026-11-24T11:11:11.111Z')).toEqual({
    kind: 'done',
    receipt: {
      mutationId: 'run/step/0',
      target,
      appliedAt: now,
      resourceVersion: '10',
      generation: 5,
      fence: 100,
      alreadyApplied: true,
    },
  });
});
