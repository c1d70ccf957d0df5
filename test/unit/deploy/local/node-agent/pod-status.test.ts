import { describe, expect, test } from '@jest/globals';
import {
  isRestarted,
  podStatus,
  type ContainerView,
  type PodView,
  type TerminatedState,
} from '../../../../../deploy/local/node-agent/pod-status.js';

const ended = (exitCode: number): TerminatedState => ({
  kind: 'terminated',
  exitCode,
  reason: exitCode === 0 ? 'Completed' : 'Error',
  startedAt: '2026-01-01T00:00:00Z',
  finishedAt: '2026-01-01T00:00:09Z',
});

const container = (part: Partial<ContainerView>): ContainerView => ({
  name: 'shop',
  image: 'shop:1.0',
  state: { kind: 'running', startedAt: '2026-01-01T00:00:00Z' },
  lastTermination: null,
  started: true,
  ready: true,
  restartCount: 0,
  ...part,
});

const view = (containers: readonly ContainerView[], part: Partial<PodView> = {}): PodView => ({
  restartPolicy: 'Always',
  containers,
  terminating: false,
  generation: 1,
  podIP: '10.244.0.2',
  startTime: '2026-01-01T00:00:00Z',
  conditions: [],
  now: '2026-01-01T00:01:00Z',
  ...part,
});

const readiness = (pod: PodView): string | undefined =>
  podStatus(pod).conditions?.find(({ type }) => type === 'Ready')?.status;

describe('the phase of a pod', () => {
  const waiting = container({
    state: { kind: 'waiting', reason: 'ImagePullBackOff' },
    ready: false,
  });
  const crashed = container({
    state: { kind: 'waiting', reason: 'CrashLoopBackOff' },
    lastTermination: ended(1),
    ready: false,
  });

  test.each<[string, PodView, string]>([
    ['is Pending before its containers have ever run', view([waiting]), 'Pending'],
    ['is Running while a container runs', view([container({})]), 'Running'],
    ['is Running in a crash loop', view([crashed]), 'Running'],
    [
      'is Running between a crash and its restart',
      view([container({ state: ended(1) })]),
      'Running',
    ],
    [
      'is Succeeded when a run-once pod ended well',
      view([container({ state: ended(0) })], { restartPolicy: 'Never' }),
      'Succeeded',
    ],
    [
      'is Failed when one container of a run-once pod did not',
      view([container({ state: ended(0) }), container({ state: ended(5) })], {
        restartPolicy: 'Never',
      }),
      'Failed',
    ],
    [
      'is Running while a failed OnFailure container will be restarted',
      view([container({ state: ended(5) })], { restartPolicy: 'OnFailure' }),
      'Running',
    ],
    [
      'is final once a deleted pod has ended',
      view([container({ state: ended(0) })], { terminating: true }),
      'Succeeded',
    ],
  ])('%s', (_, pod, phase) => {
    expect(podStatus(pod).phase).toBe(phase);
  });
});

describe('readiness', () => {
  test('needs every container', () => {
    expect(readiness(view([container({}), container({})]))).toBe('True');
    expect(readiness(view([container({}), container({ ready: false })]))).toBe('False');
  });

  test('ends with the deletion of the pod, whatever its containers say', () => {
    const status = podStatus(view([container({})], { terminating: true }));
    expect(status.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [shop]',
    });
    expect(status.containerStatuses?.[0]?.ready).toBe(false);
  });

  test('keeps the time of its last change', () => {
    const conditions = [
      { type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:05Z' },
      { type: 'ContainersReady', status: 'False', lastTransitionTime: '2026-01-01T00:00:05Z' },
    ];
    const after = podStatus(view([container({})], { conditions })).conditions ?? [];
    const times = Object.fromEntries(after.map((one) => [one.type, one.lastTransitionTime]));
    expect(times).toEqual({
      Initialized: '2026-01-01T00:01:00Z',
      ContainersReady: '2026-01-01T00:01:00Z',
      Ready: '2026-01-01T00:00:05Z',
    });
  });
});

test('a container status tells the present state and how the run before ended', () => {
  const crashed = container({
    state: { kind: 'waiting', reason: 'CrashLoopBackOff', message: 'back-off 2s' },
    lastTermination: { ...ended(137), reason: 'OOMKilled' },
    ready: false,
    started: false,
    restartCount: 3,
  });
  expect(podStatus(view([crashed])).containerStatuses).toEqual([
    {
      name: 'shop',
      image: 'shop:1.0',
      imageID: '',
      restartCount: 3,
      started: false,
      ready: false,
      state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 2s' } },
      lastState: {
        terminated: {
          exitCode: 137,
          reason: 'OOMKilled',
          startedAt: '2026-01-01T00:00:00Z',
          finishedAt: '2026-01-01T00:00:09Z',
        },
      },
    },
  ]);
});

test.each([
  ['Always', 0, true],
  ['Always', 1, true],
  ['OnFailure', 0, false],
  ['OnFailure', 1, true],
  ['Never', 1, false],
])('restart policy %s after exit code %d restarts: %s', (policy, exitCode, restarts) => {
  expect(isRestarted(policy, exitCode)).toBe(restarts);
});
