import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { fuzz, provideSchemathesis } from '../support/fuzz/schemathesis.js';
import type { ApisUnderTest } from '../support/fuzz/start-apis.js';
import { serviceToken, startApis, webhookToken } from '../support/fuzz/start-apis.js';

jest.setTimeout(300_000);

let program: string;
let apis: ApisUnderTest;
beforeAll(async () => {
  program = await provideSchemathesis();
  apis = await startApis();
}, 30 * 60_000);

const doors = [
  { api: 'inventory-api', token: serviceToken, paths: '.' },
  { api: 'outbound-api', token: serviceToken, paths: '.' },
  { api: 'monitoring-api', token: serviceToken, paths: '.' },
  { api: 'incident-api', token: serviceToken, paths: '^/(?!webhooks)' },
  { api: 'incident-api', token: webhookToken, paths: '^/webhooks' },
];
/** The cases that are the same in every run, and others; the seed of a failure is in its report. */
const seeds = [1, Date.now() % 1_000_000];

describe.each(doors)('$api under $paths', ({ api, token, paths }) => {
  test.each(seeds)('keeps its contract whatever it is asked (seed %d)', async (seed) => {
    const headers = { Authorization: `Bearer ${token}` };
    const url = apis.urls[api] ?? '';
    const { cases, found } = await fuzz({ program, url, headers, seed, paths, examples: 30 });

    expect(found).toBe('');
    expect(cases).toBeGreaterThan(100);
  });
});

afterAll(async () => {
  const codes = await apis.stop();
  expect(codes).toEqual(Object.fromEntries(Object.keys(apis.urls).map((api) => [api, 0])));
}, 60_000);
