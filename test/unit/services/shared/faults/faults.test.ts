import { describe, expect, test } from '@jest/globals';
import { Hono } from 'hono';
import { readEnvironment } from '../../../../../configuration/environment.js';
import type { Faults } from '../../../../../services/shared/faults/faults.js';
import { injectFaults, readFaults } from '../../../../../services/shared/faults/faults.js';

const none: Faults = {
  latencyMs: 0,
  latencyJitterMs: 0,
  errorRate: 0,
  errorRoutes: 'all',
  leakMbPerSecond: 0,
  cpuBurn: 0,
  hangAfterSeconds: null,
};

async function ask(faults: Partial<Faults>, method: string, random = 0.5): Promise<number> {
  const app = new Hono();
  app.onError((_error, c) => c.text('failed', 500));
  app.use(injectFaults({ ...none, ...faults }, () => random));
  app.all('/', (c) => c.text('ok'));
  return (await app.request('/', { method })).status;
}

describe('faults of a process', () => {
  test('are off unless switched on, whatever else is set', () => {
    expect(readFaults(readEnvironment({ FAULT_ERROR_RATE: '1' }))).toBeNull();
  });

  test('are read from the environment', () => {
    const environment = readEnvironment({
      FAULTS_ENABLED: 'true',
      FAULT_LATENCY_MS: '800',
      FAULT_ERROR_RATE: '0.3',
      FAULT_ERROR_ROUTES: 'write',
      FAULT_HANG_AFTER_SECONDS: '5',
    });

    expect(readFaults(environment)).toEqual({
      ...none,
      latencyMs: 800,
      errorRate: 0.3,
      errorRoutes: 'write',
      hangAfterSeconds: 5,
    });
  });

  test.each([
    ['FAULT_ERROR_RATE', '1.5'],
    ['FAULT_ERROR_RATE', 'often'],
    ['FAULT_ERROR_ROUTES', 'all-of-them'],
    ['FAULT_LATENCY_MS', '-1'],
    ['FAULTS_ENABLED', 'perhaps'],
  ])('are refused at start when %s is %s', (name, value) => {
    expect(() => readEnvironment({ FAULTS_ENABLED: 'true', [name]: value })).toThrow(
      `could not read the environment:\n  ${name}: `,
    );
  });
});

describe('injected errors', () => {
  test('hit the given share of requests', async () => {
    expect(await ask({ errorRate: 0.6 }, 'GET', 0.59)).toBe(500);
    expect(await ask({ errorRate: 0.6 }, 'GET', 0.61)).toBe(200);
  });

  test.each([
    ['read', 'GET', 500],
    ['read', 'POST', 200],
    ['write', 'GET', 200],
    ['write', 'POST', 500],
  ] as const)('of kind %s make a %s answer %d', async (errorRoutes, method, status) => {
    expect(await ask({ errorRate: 1, errorRoutes }, method)).toBe(status);
  });
});

test('injected latency delays an answer by at least that much', async () => {
  const startedAt = performance.now();

  expect(await ask({ latencyMs: 40, latencyJitterMs: 20 }, 'GET')).toBe(200);

  // 40 + 0.5 x 20, less a millisecond of timer rounding.
  expect(performance.now() - startedAt).toBeGreaterThan(49);
});
