import { expect, test } from '@jest/globals';
import { rememberCounts } from '../../../../workflows/policies/template-counts.js';
import { podReading } from '../../../support/facts.js';

const count = (templateHash: string, requests: number, errors = 0) => ({
  templateHash,
  requests,
  errors,
  slow: 0,
});

test('pods of one template are counted together, those without requests or template not at all', () => {
  const pods = [
    podReading('a', { requests: 10, errors: 1 }),
    podReading('b', { requests: 20, errors: 2 }),
    podReading('c', { requests: 0, templateHash: 'hash-1' }),
    podReading('d', { templateHash: null }),
  ];
  expect(rememberCounts([], pods)).toEqual([count('hash-2', 30, 3)]);
});

test('of each template the window with most requests is kept, of equal ones the newer', () => {
  const known = [count('hash-1', 100), count('hash-2', 50)];
  const leaving = podReading('a', { templateHash: 'hash-1', requests: 7, errors: 7 });
  const growing = podReading('b', { requests: 50, errors: 20 });
  expect(rememberCounts(known, [leaving, growing])).toEqual([
    count('hash-1', 100),
    count('hash-2', 50, 20),
  ]);
});

test('a window with fewer requests takes its place when it is much worse, unless it holds but the last few', () => {
  const known = [count('hash-1', 100)];
  const reading = (requests: number) =>
    rememberCounts(known, [
      podReading('a', { templateHash: 'hash-1', requests, errors: requests }),
    ]);
  expect(reading(30)).toEqual([count('hash-1', 30, 30)]);
  expect(reading(24)).toEqual(known);
});

test('an incident that outlives many releases remembers the newest twenty', () => {
  const known = Array.from({ length: 20 }, (_, index) => count(`hash-${index}`, 5));
  const after = rememberCounts(known, [podReading('a', { templateHash: 'newest' })]);
  expect(after).toHaveLength(20);
  expect(after.at(-1)?.templateHash).toBe('newest');
});
