import { expect, test } from '@jest/globals';
import { heldPlaces } from '../../../../services/outbound-api/held-places.js';
import type { Isolation } from '../../../../services/shared/flags/isolations.js';

const now = Date.parse('2026-01-01T00:00:00Z');
const isolation = (tenantId: string, others: Partial<Isolation> = {}): [string, Isolation] => [
  tenantId,
  {
    tenantId,
    warehouseId: null,
    mode: 'block-outbound',
    until: now + 1,
    rerouteTo: null,
    ...others,
  },
];

test('orders of whoever is isolated are kept back, in either mode, until the end', () => {
  const isolations = new Map([
    isolation('acme'),
    isolation('globex', { mode: 'read-only', warehouseId: 'north' }),
    isolation('initech', { until: now }),
  ]);
  expect(heldPlaces(isolations, now)).toMatchObject([
    { tenantId: 'acme', warehouseId: null },
    { tenantId: 'globex', warehouseId: 'north' },
  ]);
});
