import { expect, test } from '@jest/globals';
import { Readiness, healthRoutes } from '../../../../../services/shared/http/health-routes.js';
import { MetricsRegistry } from '../../../../../services/shared/telemetry/metrics-registry.js';

test('a process is not ready before it says so nor while it drains, but always healthy', async () => {
  const readiness = new Readiness();
  const app = healthRoutes({ readiness, registry: new MetricsRegistry(), release: 'r7' });
  const statuses = async (): Promise<number[]> =>
    Promise.all(['/readyz', '/healthz'].map(async (path) => (await app.request(path)).status));

  expect(await statuses()).toEqual([503, 200]);
  readiness.ready();
  expect(await statuses()).toEqual([200, 200]);
  readiness.notReady('draining');
  expect(await statuses()).toEqual([503, 200]);
  expect(await (await app.request('/readyz')).json()).toMatchObject({ detail: 'draining' });
});

test('health shows the release', async () => {
  const app = healthRoutes({
    readiness: new Readiness(),
    registry: new MetricsRegistry(),
    release: 'r7',
  });

  expect(await (await app.request('/healthz')).json()).toEqual({ status: 'ok', release: 'r7' });
});
