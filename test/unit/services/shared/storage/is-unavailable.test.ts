import { expect, test } from '@jest/globals';
import { isUnavailable } from '../../../../../services/shared/storage/is-unavailable.js';

const failure = (code: string): Error => Object.assign(new Error('failed'), { code });

test.each([
  ['refuses connections', 'ECONNREFUSED'],
  ['does not take part in the connection', 'CONNECT_TIMEOUT'],
  ['closed the connection', 'CONNECTION_CLOSED'],
  ['is told to stop', '57P01'],
  ['crashed', '57P02'],
  ['starts or recovers', '57P03'],
  ['has no connection left', '53300'],
  ['is a standby', '25006'],
  ['cancelled a statement that took too long', '57014'],
  ['reports a broken connection', '08006'],
])('a database that %s is unavailable', (_what, code) => {
  expect(isUnavailable(failure(code))).toBe(true);
});

test.each([
  ['a violated constraint', failure('23505')],
  ['a faulty statement', failure('42601')],
  ['a failure without a code', new Error('ECONNREFUSED')],
  ['what is no error', 'ECONNREFUSED'],
])('%s is no outage', (_what, error) => {
  expect(isUnavailable(error)).toBe(false);
});
