import { expect, test } from '@jest/globals';
import { deliveryFaults } from '../../support/crash/delivery-faults.js';

const accepted = [
  { id: 'id-a', reference: 'a' },
  { id: 'id-b', reference: 'b' },
];
const received = [
  { key: 'id-b', reference: 'b' },
  { key: 'id-a', reference: 'a' },
];

test('orders that were each received once under their id are without fault, in any order', () => {
  expect(deliveryFaults(accepted, received)).toEqual([]);
});

test.each([
  ['lost', received.slice(1), 'order b was lost'],
  [
    'doubled under another key',
    [...received, { key: 'other', reference: 'b' }],
    'order b was delivered 2 times',
  ],
  [
    'delivered under another key only',
    [{ key: 'other', reference: 'b' }, received[1]!],
    'order b was delivered under key other, not id-b',
  ],
  [
    'never accepted',
    [...received, { key: 'id-c', reference: 'c' }],
    'order c was delivered and never accepted',
  ],
])('an order that was %s is reported', (_, seen, fault) => {
  expect(deliveryFaults(accepted, seen)).toEqual([fault]);
});
