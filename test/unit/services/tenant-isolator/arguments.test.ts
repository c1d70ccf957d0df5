import { expect, test } from '@jest/globals';
import { parseArguments, UsageError } from '../../../../services/tenant-isolator/arguments.js';

test('the arguments of the runbook isolate a warehouse for half an hour', () => {
  expect(parseArguments(['--tenant-id=acme', '--warehouse-id=north', '--mode=read-only'])).toEqual({
    kind: 'isolate',
    tenantId: 'acme',
    warehouseId: 'north',
    mode: 'read-only',
    rerouteTo: null,
    expiresInMs: 1_800_000,
  });
});

test('another warehouse may serve, and the end may be another one', () => {
  const args = ['--tenant-id=acme', '--warehouse-id=north', '--mode=block-outbound'];

  expect(parseArguments([...args, '--reroute-to=south', '--expires-in=90s'])).toMatchObject({
    mode: 'block-outbound',
    rerouteTo: 'south',
    expiresInMs: 90_000,
  });
});

test('a release needs no mode', () => {
  expect(parseArguments(['--tenant-id=acme', '--release'])).toEqual({
    kind: 'release',
    tenantId: 'acme',
    warehouseId: null,
  });
});

test.each([
  [[], '--tenant-id'],
  [['--tenant-id=acme'], '--mode is missing'],
  [['--tenant-id=acme', '--mode=off'], 'Allowed choices are read-only, block-outbound'],
  [['--tenant-id=../x', '--mode=read-only'], 'lower-case letters'],
  [['--tenant-id=', '--mode=read-only'], 'lower-case letters'],
  [['--tenant-id=acme', '--mode=read-only', '--expires-in=25h'], '1s to 24h'],
  [['--tenant-id=acme', '--mode=read-only', '--expires-in=0s'], '1s to 24h'],
  [['--tenant-id=acme', '--mode=read-only', '--expires-in=soon'], '1s to 24h'],
  [['--tenant-id=acme', '--mode=read-only', '--reroute-to=south'], 'needs --warehouse-id'],
  [
    ['--tenant-id=a', '--warehouse-id=w', '--mode=read-only', '--reroute-to=w'],
    'another warehouse',
  ],
  [['--tenant-id=acme', '--mode=read-only', '--force'], 'unknown option'],
  [['--tenant-id=acme', '--mode=read-only', 'more'], 'too many arguments'],
])('%j is refused, saying %j', (args, message) => {
  expect(() => parseArguments(args)).toThrow(UsageError);
  expect(() => parseArguments(args)).toThrow(message);
});
