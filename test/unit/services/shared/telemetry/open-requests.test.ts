import { expect, test } from '@jest/globals';
import { OpenRequests } from '../../../../../services/shared/telemetry/open-requests.js';

test('a request is removed once, in whatever order', () => {
  const open = new OpenRequests<{ name: string }>();
  const [one, two, three] = [{ name: 'one' }, { name: 'two' }, { name: 'three' }];
  for (const request of [one, two, three]) open.add(request);

  expect([two, one, two, one].map((request) => open.remove(request))).toEqual([
    true,
    true,
    false,
    false,
  ]);
  open.add(one);
  expect(new Set(open.removeAll())).toEqual(new Set([one, three]));
  expect([one, three].map((request) => open.remove(request))).toEqual([false, false]);
});
