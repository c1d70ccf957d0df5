import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { readEnvironment } from '../../configuration/environment.js';
import { runIncidentApi } from '../../services/incident-api/run-incident-api.js';
import type { RunningServer } from '../../services/shared/http/server.js';
import { silent } from '../support/api.js';
import { startTemporal } from '../support/temporal.js';

let temporal: TestWorkflowEnvironment;
let door: RunningServer;
beforeAll(async () => {
  temporal = await startTemporal();
  door = await runIncidentApi(
    readEnvironment({
      // Nobody listens there.
      DATABASE_URL: 'postgres://nobody@127.0.0.1:1/registry',
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: 'default',
      RUNBOOK_CONFIG: 'configuration,configuration/local',
      RUNBOOK_ENVIRONMENT: 'local',
      HOST: '127.0.0.1',
      PORT: '0',
      SHUTDOWN_DRAIN_MS: '0',
    }),
    silent,
  );
}, 120_000);
afterAll(async () => {
  await door.stop();
  await temporal.teardown();
});

test('a front door without its database is ready and takes alerts; what is read there gets 503', async () => {
  const alert = {
    status: 'firing',
    labels: { alertname: 'ErrorRateFastBurn', service: 'inventory' },
    annotations: {},
    startsAt: '2026-11-24T10:00:00Z',
    fingerprint: 'f00d',
  };
  const sent = await fetch(`${door.url}/webhooks/alertmanager`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ version: '4', alerts: [alert] }),
  });
  expect(sent.status).toBe(202);
  expect((await fetch(`${door.url}/readyz`)).status).toBe(200);
  const list = await fetch(`${door.url}/incidents`);
  expect(list.status).toBe(503);
  expect(await list.json()).toMatchObject({ detail: expect.stringContaining('does not answer') });
});
