import { expect, test } from '@jest/globals';
import { toSelectorText } from '../../../../activities/kubernetes/label-selector.js';

test('labels and expressions become the text of a list request', () => {
  expect(
    toSelectorText({
      matchLabels: { app: 'api', tier: 'web' },
      matchExpressions: [
        { key: 'zone', operator: 'In', values: ['a', 'b'] },
        { key: 'track', operator: 'NotIn', values: ['canary'] },
        { key: 'team', operator: 'Exists' },
        { key: 'legacy', operator: 'DoesNotExist' },
      ],
    }),
  ).toBe('app=api,tier=web,zone in (a,b),track notin (canary),team,!legacy');
});
