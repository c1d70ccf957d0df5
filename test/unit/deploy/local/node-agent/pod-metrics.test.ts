import { expect, test } from '@jest/globals';
import { podMetrics, usageBetween } from '../../../../../deploy/local/node-agent/pod-metrics.js';

const sample = { pid: 1, takenAt: 1_000, cpuMs: 200, memoryBytes: 1_048_576 };

test('usage is CPU time over time passed, and the memory of now', () => {
  const after = { pid: 1, takenAt: 6_000, cpuMs: 1_450, memoryBytes: 2_097_152 };
  expect(usageBetween('shop', sample, after)).toEqual({
    name: 'shop',
    cores: 0.25,
    memoryBytes: 2_097_152,
  });
});

test('usage is never negative, should a count fall because a descendant left', () => {
  const after = { pid: 1, takenAt: 2_000, cpuMs: 100, memoryBytes: 1 };
  expect(usageBetween('shop', sample, after).cores).toBe(0);
});

test('a PodMetrics object looks like metrics-server made it', () => {
  const pod = {
    metadata: { name: 'shop-1', namespace: 'supply-chain', uid: 'u', labels: { a: 'b' } },
  };
  const usage = [{ name: 'shop', cores: 0.25, memoryBytes: 2_097_152 }];
  expect(podMetrics(pod, usage, new Date('2026-01-01T00:00:00Z'), 5_000)).toEqual({
    apiVersion: 'metrics.k8s.io/v1beta1',
    kind: 'PodMetrics',
    metadata: {
      name: 'shop-1',
      namespace: 'supply-chain',
      labels: { a: 'b' },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'shop-1', uid: 'u' }],
    },
    timestamp: '2026-01-01T00:00:00.000Z',
    window: '5.0s',
    containers: [{ name: 'shop', usage: { cpu: '250000000n', memory: '2048Ki' } }],
  });
});
