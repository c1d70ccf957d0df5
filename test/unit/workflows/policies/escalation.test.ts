import { expect, test } from '@jest/globals';
import { escalationTiers } from '../../../../workflows/policies/escalation.js';

test('each tier has its own time, and the last keeps the question until the hold ends', () => {
  const tiers = escalationTiers(1_000, {
    tiers: [
      { role: 'on-call', within: 300 },
      { role: 'sre', within: 600 },
    ],
    holdFor: 5_000,
  });
  expect(tiers).toEqual([
    { role: 'on-call', until: 1_300 },
    { role: 'sre', until: 6_900 },
  ]);
});
