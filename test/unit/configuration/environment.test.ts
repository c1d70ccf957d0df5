import { expect, test } from '@jest/globals';
import { readEnvironment } from '../../../configuration/environment.js';

const receivers = (ALERT_RECEIVER_URLS?: string): string[] =>
  readEnvironment({ ALERT_RECEIVER_URLS }).ALERT_RECEIVER_URLS.map(({ href }) => href);

test('ALERT_RECEIVER_URLS is a list of URLs, empty where it is not given', () => {
  expect(receivers('http://a:4000/in, https://b/in,')).toEqual([
    'http://a:4000/in',
    'https://b/in',
  ]);
  expect(receivers('')).toEqual([]);
  expect(receivers()).toEqual([]);
});

test.each(['incident-api/webhooks', 'incident-api:4000/webhooks', 'http://a/in,ftp://b/in'])(
  'ALERT_RECEIVER_URLS=%s stops the start, since it would fail at the first alert only',
  (text) => {
    expect(() => receivers(text)).toThrow(
      /could not read the environment:\n {2}ALERT_RECEIVER_URLS\.\d: expected URLs that begin with http:\/\//,
    );
  },
);
