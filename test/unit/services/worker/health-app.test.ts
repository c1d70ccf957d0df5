import { expect, test } from '@jest/globals';
import { Readiness } from '../../../../services/shared/http/health-routes.js';
import { createHealthApp } from '../../../../services/worker/health-app.js';
import { silent } from '../../../support/api.js';

test('what the worker does not serve is answered with a problem, as elsewhere', async () => {
  const app = createHealthApp({
    readiness: new Readiness(),
    release: 'test',
    metricsPort: 1,
    logger: silent,
  });

  const unknown = await app.request('/nothing');
  expect([unknown.status, unknown.headers.get('content-type')]).toEqual([
    404,
    'application/problem+json',
  ]);
  const other = await app.request('/metrics', { method: 'POST' });
  expect([other.status, other.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
});
