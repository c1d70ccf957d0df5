import { expect, test } from '@jest/globals';
import type { Circumstances } from '../../../../services/outbound-api/preconditions.js';
import { findUnmet } from '../../../../services/outbound-api/preconditions.js';

const stored = {
  pulse: { grownBy: 0, answered: 100, delivered: 90 },
  database: { missingMigrations: [], isReadOnly: false, impossible: { 'of two minds': 0 } },
};
const well: Circumstances = {
  breaker: 'closed',
  stored,
  health: { status: 'ok', detail: '' },
};

const reasons = (circumstances: Partial<Circumstances>): string[] =>
  findUnmet({ ...well, ...circumstances }).map(
    ({ precondition, detail }) => `${precondition}: ${detail}`,
  );
const withPulse = (pulse: Partial<typeof stored.pulse>) =>
  reasons({ stored: { ...stored, pulse: { ...stored.pulse, ...pulse } } });
const withDatabase = (database: Partial<typeof stored.database>) =>
  reasons({ stored: { ...stored, database: { ...stored.database, ...database } } });

test('nothing stands against a retry when all is well', () => {
  expect(reasons({})).toEqual([]);
});

test.each(['open', 'half-open'] as const)('a breaker that is %s does', (breaker) => {
  expect(reasons({ breaker })).toEqual([
    `queue-stable: the downstream does not answer: the circuit breaker is ${breaker}`,
  ]);
});

test('a queue may grow by chance, and in proportion to what it delivers', () => {
  expect(withPulse({ grownBy: 19, delivered: 90 })).toEqual([]);
  expect(withPulse({ grownBy: 20, delivered: 90 })).toEqual([
    'queue-stable: the queue grows: by 20 orders in the last minute, in which 90 were delivered',
  ]);
  expect(withPulse({ grownBy: 1_000, delivered: 60_000 })).toEqual([]);
});

test('failures alone prove an outage from the fifth order on', () => {
  expect(withPulse({ answered: 4, delivered: 0 })).toEqual([]);
  expect(withPulse({ answered: 5, delivered: 0 })).toEqual([
    'queue-stable: none of 5 orders tried in the last minute got through',
  ]);
  expect(withPulse({ answered: 500, delivered: 1 })).toEqual([]);
});

test('a database must be current, writable and possible', () => {
  expect(withDatabase({ isReadOnly: true })).toEqual([
    'database-consistent: the database takes no writes: it is a standby or read-only',
  ]);
  expect(withDatabase({ impossible: { 'of two minds': 3 } })).toEqual([
    'database-consistent: 3 orders are of two minds, which cannot be',
  ]);
  expect(reasons({ stored: null })).toEqual(['database-consistent: the database does not answer']);
});

test('every reason is told, the queue first', () => {
  const health = { status: 'unknown', detail: 'monitoring cannot be reached' } as const;
  expect(reasons({ breaker: null, stored: null, health })).toEqual([
    'queue-stable: nothing is dispatched: DOWNSTREAM_URL is not set',
    'database-consistent: the database does not answer',
    'health-ok: monitoring cannot be reached',
  ]);
});
