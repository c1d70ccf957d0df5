import { expect, test } from '@jest/globals';
import { diffObjects } from '../../../../activities/kubernetes/diff.js';
import { deployment, template } from './samples.js';

const withVariable = (name: string, value: string) => {
  const { metadata, spec } = template('api:2');
  const [container] = spec.containers;
  const containers = [{ ...container!, env: [{ name, value }] }];
  return deployment({ spec: { template: { metadata, spec: { containers } } } });
};

test('shows what changes, without the bookkeeping of the server', () => {
  const before = deployment({
    metadata: { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{"long":1}' } },
  });
  const after = deployment({
    metadata: { generation: 5, resourceVersion: '11' },
    spec: { template: template('api:1') },
    status: { observedGeneration: 4 },
  });

  const diff = diffObjects(before, after);

  expect(diff).toMatch(
    /^--- deployment shop\/api \(now\)\n\+\+\+ deployment shop\/api \(planned\)\n/,
  );
  expect(diff.split('\n').filter((line) => /^[-+] /.test(line))).toEqual([
    '-        - image: api:2',
    '+        - image: api:1',
  ]);
  expect(diff).not.toMatch(/generation|resourceVersion|status|last-applied/);
});

test('is empty when nothing changes', () => {
  expect(diffObjects(deployment(), deployment({ metadata: { generation: 9 } }))).toBe('');
});

test('hides the values of variables that sound secret, yet shows that they change', () => {
  const diff = diffObjects(
    withVariable('DB_PASSWORD', 'old-secret'),
    withVariable('DB_PASSWORD', 'new-secret'),
  );
  expect(diff).toContain('DB_PASSWORD');
  expect(diff).toMatch(/^-.*\(hidden, [0-9a-f]{8}\)$/m);
  expect(diff).toMatch(/^\+.*\(hidden, [0-9a-f]{8}\)$/m);
  expect(diff).not.toContain('secret');
});

test('hides addresses with a password in them', () => {
  const diff = diffObjects(
    withVariable('DATABASE', 'postgres://shop:hunter2@db/shop'),
    withVariable('DATABASE', 'postgres://shop:hunter3@db/shop'),
  );
  expect(diff).toMatch(/^\+.*\(hidden, [0-9a-f]{8}\)$/m);
  expect(diff).not.toContain('hunter');
});

test('shows other variables as they are', () => {
  expect(diffObjects(withVariable('LIMIT', 'ten'), withVariable('LIMIT', 'two'))).toMatch(
    /-.*value: ten\n\+.*value: two/,
  );
});

test('is cut at a line when it is long, and says how much is missing', () => {
  const many = Object.fromEntries(
    Array.from({ length: 400 }, (_, index) => [`note-${index}`, 'x'.repeat(40)]),
  );
  const diff = diffObjects(
    deployment(),
    deployment({ spec: { template: template('api:1', many) } }),
  );
  expect(diff.length).toBeLessThan(8_100);
  expect(diff).toMatch(/x{40}\n… \d+ more lines are not shown\n$/);
});
