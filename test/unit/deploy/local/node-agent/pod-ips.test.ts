import { describe, expect, test } from '@jest/globals';
import { PodIps } from '../../../../../deploy/local/node-agent/pod-ips.js';

describe('pod addresses', () => {
  test('are not used again soon after their pod has gone', () => {
    const ips = new PodIps();
    const first = ips.take(undefined);
    ips.release(first);
    expect([first, ips.take(undefined)]).toEqual(['10.244.0.2', '10.244.0.3']);
  });

  test('stay with a pod that had one before, unless another has it', () => {
    const ips = new PodIps();
    expect(ips.take('10.244.0.9')).toBe('10.244.0.9');
    expect(ips.take('10.244.0.9')).toBe('10.244.0.2');
  });

  test('never repeat while they are in use, and run out with an explanation', () => {
    const ips = new PodIps();
    const taken = Array.from({ length: 253 }, () => ips.take(undefined));
    expect(new Set(taken).size).toBe(253);
    expect(() => ips.take(undefined)).toThrow('all of 10.244.0.0/24 are taken');
    ips.release('10.244.0.100');
    expect(ips.take(undefined)).toBe('10.244.0.100');
  });
});
