import { expect, test } from '@jest/globals';
import { readEnvironment } from '../../../../../configuration/environment.js';
import { temporalAddress } from '../../../../../services/shared/temporal/temporal-address.js';

const addressOf = (variables: Record<string, string>) =>
  temporalAddress(readEnvironment(variables));

test('without any setting Temporal is spoken to as on loopback', () => {
  expect(addressOf({})).toEqual({ address: '127.0.0.1:7233' });
});

test('an API key is never sent in clear', () => {
  expect(addressOf({ TEMPORAL_ADDRESS: 'eu.example:7233', TEMPORAL_API_KEY: 'key' })).toEqual({
    address: 'eu.example:7233',
    apiKey: 'key',
    tls: {},
  });
});

test('TLS can be asked for alone', () => {
  expect(addressOf({ TEMPORAL_TLS: 'true' })).toMatchObject({ tls: {} });
});

test('half a pair of certificate and key is refused, naming both variables', () => {
  expect(() => addressOf({ TEMPORAL_TLS_CLIENT_CERT_PATH: 'package.json' })).toThrow(
    'give both TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH, or neither',
  );
});

test('a file that is not there is named with its variable', () => {
  expect(() => addressOf({ TEMPORAL_TLS_SERVER_CA_CERT_PATH: '/nowhere/ca.pem' })).toThrow(
    'could not read TEMPORAL_TLS_SERVER_CA_CERT_PATH /nowhere/ca.pem: ENOENT',
  );
});
