import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { claimName } from '../../../../deploy/local/claim-name.js';

test('whoever claims a stack name that is taken gets the next, and a released name is free again', async () => {
  const base = `claim-test-${randomBytes(4).toString('hex')}`;
  const [first, second] = [await claimName(base), await claimName(base)];
  expect(first.name).toBe(base);
  expect(second.name).toBe(`${base}-2`);
  await first.release();
  const third = await claimName(base);
  expect(third.name).toBe(base);
  await Promise.all([second.release(), third.release()]);
});
