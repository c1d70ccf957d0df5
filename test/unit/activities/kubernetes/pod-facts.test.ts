import { expect, test } from '@jest/globals';
import { readPods } from '../../../../activities/kubernetes/pod-facts.js';
import { pod } from './samples.js';

const ready = { conditions: [{ type: 'Ready', status: 'True' }] };

test('a pod that crashes says why it waits and why it ended', () => {
  const crashing = pod('a', {
    phase: 'Running',
    startTime: '2026-11-24T10:00:00Z',
    containerStatuses: [
      {
        name: 'api',
        restartCount: 4,
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: { terminated: { reason: 'OOMKilled', exitCode: 137 } },
      },
    ],
  });
  expect(readPods([crashing], null, 'api')).toEqual([
    {
      name: 'a',
      templateHash: 'hash-2',
      phase: 'Running',
      ready: false,
      startedAt: '2026-11-24T10:00:00Z',
      restarts: 4,
      waitingReason: 'CrashLoopBackOff',
      lastTerminationReason: 'OOMKilled',
      cpuMillicores: null,
      memoryBytes: null,
    },
  ]);
});

test('usage is that of the named container', () => {
  const metrics = [
    {
      metadata: { name: 'a' },
      containers: [
        { name: 'proxy', usage: { cpu: '900m', memory: '1Gi' } },
        { name: 'api', usage: { cpu: '12345678n', memory: '64Mi' } },
      ],
    },
  ];
  expect(readPods([pod('a', ready), pod('b', ready)], metrics, 'api')).toMatchObject([
    { name: 'a', ready: true, cpuMillicores: 12, memoryBytes: 67_108_864 },
    { name: 'b', ready: true, cpuMillicores: null, memoryBytes: null },
  ]);
});

test('a pod nobody can place says so', () => {
  const unplaced = pod('a', {
    conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }],
  });
  expect(readPods([unplaced], null, 'api')[0]?.waitingReason).toBe('Unschedulable');
});

test('a pod that is being deleted is left out', () => {
  const { metadata, status } = pod('a', ready);
  const leaving = { metadata: { ...metadata, deletionTimestamp: '2026-11-24T10:00:00Z' }, status };
  expect(readPods([leaving], null, 'api')).toEqual([]);
});

test('pods in trouble come first and at most a hundred are told', () => {
  const many = Array.from({ length: 120 }, (_, index) => pod(`ok-${index}`, ready));
  const pods = readPods([...many, pod('sick')], null, 'api');
  expect(pods).toHaveLength(100);
  expect(pods[0]?.name).toBe('sick');
});
