import type { V1Pod } from '@kubernetes/client-node';
import { expect, test } from '@jest/globals';
import { describePod } from '../../../../services/monitoring-api/discovery.js';

const ready = { conditions: [{ type: 'Ready', status: 'True' }], podIP: '10.1.2.3' };

function pod(over: { metadata?: object; status?: object } = {}): V1Pod {
  const wire = {
    metadata: {
      name: 'shop-abc-x1',
      labels: { 'pod-template-hash': 'abc' },
      ...over.metadata,
    },
    spec: {
      containers: [
        { name: 'sidecar', ports: [{ containerPort: 15_000 }] },
        { name: 'shop', ports: [{ containerPort: 8_080 }] },
      ],
    },
    status: { ...ready, ...over.status },
  };
  return JSON.parse(JSON.stringify(wire)) as V1Pod;
}

test('a pod is scraped at its IP and the first port of the container that runs the service', () => {
  expect(describePod(pod(), 'shop')).toEqual({
    name: 'shop-abc-x1',
    templateHash: 'abc',
    createdAt: null,
    ready: true,
    address: '10.1.2.3:8080',
  });
  expect(describePod(pod({ status: { podIP: 'fd00::1' } }), 'shop').address).toBe('[fd00::1]:8080');
});

test('how old a pod is comes from the API server', () => {
  const creationTimestamp = new Date('2026-01-01T00:00:00Z');
  const young = pod();
  Object.assign(young.metadata!, { creationTimestamp });
  expect(describePod(young, 'shop').createdAt).toBe(creationTimestamp.getTime());
});

test('the address in the annotation of a pod goes before its IP', () => {
  const annotations = { 'durable-runbooks.io/address': '127.0.0.1:4711' };
  expect(describePod(pod({ metadata: { annotations } }), 'shop').address).toBe('127.0.0.1:4711');
});

test('a pod without IP or without that container has no address yet', () => {
  expect(describePod(pod({ status: { podIP: undefined } }), 'shop').address).toBeNull();
  expect(describePod(pod(), 'other').address).toBeNull();
});

test('a pod that is on its way out or not ready is not expected to answer', () => {
  expect(describePod(pod({ metadata: { deletionTimestamp: new Date() } }), 'shop').ready).toBe(
    false,
  );
  const conditions = [{ type: 'Ready', status: 'False' }];
  expect(describePod(pod({ status: { conditions } }), 'shop').ready).toBe(false);
});
