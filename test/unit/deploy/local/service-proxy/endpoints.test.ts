import { describe, expect, test } from '@jest/globals';
import {
  endpointsOf,
  type EndpointSlice,
} from '../../../../../deploy/local/service-proxy/endpoints.js';

const slice = (
  service: string,
  endpoints: NonNullable<EndpointSlice['endpoints']> | null,
): EndpointSlice => ({
  addressType: 'IPv4',
  metadata: { labels: { 'kubernetes.io/service-name': service } },
  endpoints,
  ports: [{ port: 8080 }],
});
const endpoint = (
  uid: string,
  conditions: { ready?: boolean; terminating?: boolean } = { ready: true },
): NonNullable<EndpointSlice['endpoints']>[number] => ({
  addresses: [`10.244.0.${uid}`],
  conditions,
  targetRef: { kind: 'Pod', uid },
});
const pod = (uid: string, address?: string): object => ({
  metadata: {
    uid,
    ...(address !== undefined && { annotations: { 'durable-runbooks.io/address': address } }),
  },
});

describe('the endpoints of a service', () => {
  test('are the ready ones that are not about to end', () => {
    const slices = [
      slice('shop', [
        endpoint('2'),
        endpoint('3', { ready: false }),
        endpoint('4', { ready: true, terminating: true }),
        endpoint('5', {}),
      ]),
    ];
    expect(endpointsOf('shop', slices, [])).toEqual(['10.244.0.2:8080', '10.244.0.5:8080']);
  });

  test('are where their pods say they really listen', () => {
    const slices = [slice('shop', [endpoint('2'), endpoint('3')])];
    const pods = [pod('2', '127.0.0.1:4711'), pod('3')];
    expect(endpointsOf('shop', slices, pods)).toEqual(['10.244.0.3:8080', '127.0.0.1:4711']);
  });

  test('come from all slices of that service and of no other, each once', () => {
    const slices = [
      slice('shop', [endpoint('2')]),
      slice('shop', [endpoint('2'), endpoint('3')]),
      slice('other', [endpoint('9')]),
    ];
    expect(endpointsOf('shop', slices, [])).toEqual(['10.244.0.2:8080', '10.244.0.3:8080']);
  });

  test('are none when the slice has none', () => {
    expect(endpointsOf('shop', [slice('shop', null)], [])).toEqual([]);
  });
});
