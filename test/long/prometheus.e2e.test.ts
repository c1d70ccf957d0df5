import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { badRelease } from '../../deploy/local/scenarios/bad-release.scenario.js';
import type { TestStack } from '../support/stack.js';
import { openTestStack } from '../support/stack.js';

jest.setTimeout(300_000);

let stack: TestStack;
beforeAll(async () => {
  stack = await openTestStack({ name: 'end-to-end-prometheus', withPrometheus: true });
}, 30 * 60_000);
afterAll(async () => {
  await stack.close();
});
beforeEach(async () => {
  await stack.untilCalm();
});

const deployment = 'inventory-api';

test('an alert of real Prometheus, sent by real Alertmanager, leads to a verified rollback', async () => {
  const before = await stack.deployment(deployment);
  const since = Date.now();
  await badRelease.cause(stack.world);
  const incident = await stack.untilClosed(await stack.untilOpened('inventory', since));

  expect(incident.outcome).toBe('recovered');
  expect(incident.incident.runbook).toBe('rollback');
  expect(incident.incident.trigger).toBe('alertmanager');
  const after = await stack.deployment(deployment);
  expect(after.template).toEqual(before.template);
  expect(after.generation).toBe(before.generation + 2);
});

test('with Temporal down a webhook is refused with 503, and Alertmanager gets through once it is back', async () => {
  const before = await stack.deployment(deployment);
  await stack.handle.stopProcess('temporal');
  const since = Date.now();
  await badRelease.cause(stack.world);

  const refused = await stack.postAlerts({
    version: '4',
    receiver: 'test',
    status: 'firing',
    groupKey: 'test',
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'http://127.0.0.1/',
    truncatedAlerts: 0,
    alerts: [
      {
        status: 'firing',
        labels: {
          alertname: 'ErrorRateFastBurn',
          service: 'inventory',
          slo: 'error-rate',
          severity: 'critical',
        },
        annotations: {},
        startsAt: new Date().toISOString(),
        endsAt: '0001-01-01T00:00:00Z',
        generatorURL: 'http://127.0.0.1/',
        fingerprint: 'test',
      },
    ],
  });
  expect(refused.status).toBe(503);
  expect(refused.headers.get('content-type')).toContain('application/problem+json');
  expect(await stack.incidents.newest('inventory', new Date(since).toISOString())).toBeNull();

  await stack.handle.startProcess('temporal');
  const incident = await stack.untilClosed(await stack.untilOpened('inventory', since));
  expect(incident.outcome).toBe('recovered');
  expect((await stack.deployment(deployment)).template).toEqual(before.template);
});
