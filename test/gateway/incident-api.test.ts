import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { createRegistryActivities } from '../../activities/registry/create-registry-activities.js';
import { loadConfiguration } from '../../configuration/load-configuration.js';
import { createApp } from '../../services/incident-api/create-app.js';
import { DatabaseGuard } from '../../services/shared/storage/database-guard.js';
import { Readiness } from '../../services/shared/http/health-routes.js';
import type { Database } from '../../services/shared/storage/database.js';
import {
  migrateRegistry,
  openRegistry,
} from '../../services/shared/storage/registry/open-registry.js';
import { MetricsRegistry } from '../../services/shared/telemetry/metrics-registry.js';
import { createTemporalClient } from '../../services/shared/temporal/temporal-client.js';
import type { TemporalClient } from '../../services/shared/temporal/temporal-client.js';
import { silent } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { startPostgres } from '../support/postgres.js';
import type { PostgresUnderTest } from '../support/postgres.js';
import { startTemporal } from '../support/temporal.js';

const environment = 'gateway';
const configuration = loadConfiguration(['configuration', 'configuration/local']);
const webhookPath = '/webhooks/alertmanager';

let postgres: PostgresUnderTest;
let server: TestWorkflowEnvironment;
let sql: Database;
let temporal: TemporalClient;
let app: OpenAPIHono;
const stopping = new AbortController();

function createDoor(door: TemporalClient, environmentName = environment): OpenAPIHono {
  const readiness = new Readiness();
  readiness.ready();
  return createApp({
    sql,
    guard: new DatabaseGuard({ ping: () => Promise.resolve(), logger: silent }),
    temporal: door,
    taskQueue: 'no-worker-listens-here',
    place: { environment: environmentName, cluster: 'test' },
    configuration,
    readiness,
    registry: new MetricsRegistry(),
    logger: silent,
    release: 'test',
    tokens: { webhook: [], service: [] },
    stopping: stopping.signal,
    now: () => new Date(),
  });
}

beforeAll(async () => {
  [postgres, server] = await Promise.all([startPostgres(), startTemporal()]);
  const url = await postgres.createDatabase('incident_api');
  await migrateRegistry(url, silent);
  sql = openRegistry(url, 'test');
  temporal = createTemporalClient({ address: server.address, namespace: 'default' });
  app = createDoor(temporal);
}, 120_000);

afterAll(async () => {
  stopping.abort();
  await temporal.close();
  await sql.end({ timeout: 1 });
  await server.teardown();
  await postgres.stop();
});

const alert = (over: Record<string, unknown> = {}, labels: Record<string, string> = {}) => ({
  status: 'firing',
  labels: { alertname: 'ErrorRateFastBurn', service: 'inventory', ...labels },
  annotations: { summary: 'errors burn the budget' },
  startsAt: '2026-11-24T10:00:00.123456789Z',
  fingerprint: 'f00d',
  ...over,
});

async function post(
  door: OpenAPIHono,
  path: string,
  content: unknown,
): Promise<{ status: number; headers: Headers; body: Record<string, unknown> }> {
  const response = await door.request(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(content),
  });
  const body = (await response.json()) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, body };
}
const sendAlerts = (door: OpenAPIHono, ...alerts: unknown[]) =>
  post(door, webhookPath, { version: '4', alerts });

async function get(path: string): Promise<{ status: number; text: string; body: unknown }> {
  const response = await app.request(path);
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, text, body: isJson ? JSON.parse(text) : undefined };
}

/** Keys of the alert signals in the history of the incident's newest run. */
async function signalsOf(environmentName: string, service: string): Promise<string[]> {
  const handle = server.client.workflow.getHandle(`incident:${environmentName}/${service}`);
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => {
    const data = signal?.input?.payloads?.[0]?.data;
    return data ? [(JSON.parse(Buffer.from(data).toString()) as { key: string }).key] : [];
  });
}

describe('the front door before Temporal', () => {
  test('opens one incident for alerts that arrive at once and stores each before answering', async () => {
    const door = createDoor(temporal, 'at-once');
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        sendAlerts(door, alert({ fingerprint: `alert-${index}` })),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(202));
    const keys = await signalsOf('at-once', 'inventory');
    expect(keys.map((key) => key.split('|')[0]).sort()).toEqual(
      Array.from({ length: 10 }, (_, index) => `alert-${index}`),
    );
    const description = await server.client.workflow
      .getHandle('incident:at-once/inventory')
      .describe();
    expect(description.type).toBe('incidentWorkflow');
    expect(description.taskQueue).toBe('no-worker-listens-here');
    const attributes = description.typedSearchAttributes.getAll();
    expect(Object.fromEntries(attributes.map(({ key, value }) => [key.name, value]))).toMatchObject(
      {
        RunbookService: 'inventory',
        RunbookSeverity: 'critical',
        RunbookState: 'open',
      },
    );
  });

  test('stores a storm of alerts before their sender gives up', async () => {
    const storm = Array.from({ length: 3_000 }, (_, index) => alert({ fingerprint: `${index}` }));
    expect(await sendAlerts(createDoor(temporal, 'storm'), ...storm)).toMatchObject({
      status: 202,
      body: { accepted: 3_000, ignored: [] },
    });
    expect(await signalsOf('storm', 'inventory')).toHaveLength(1);
  });

  test('sends a resolved alert to an open incident and ignores it where none is open', async () => {
    const door = createDoor(temporal, 'resolving');
    const resolved = alert({ status: 'resolved' });
    expect(await sendAlerts(door, resolved)).toMatchObject({
      status: 200,
      body: {
        accepted: 0,
        ignored: [{ alertname: 'ErrorRateFastBurn', reason: 'no-open-incident' }],
      },
    });
    await sendAlerts(door, alert());
    expect(await sendAlerts(door, resolved)).toMatchObject({ status: 202, body: { accepted: 1 } });
    expect(await signalsOf('resolving', 'inventory')).toEqual([
      'f00d|firing|2026-11-24T10:00:00.123456789Z',
      'f00d|resolved|2026-11-24T10:00:00.123456789Z',
    ]);
  });

  test('answers 503 quickly while Temporal is down and takes the same alert when it is back', async () => {
    const down = createTemporalClient({ address: '127.0.0.1:1', namespace: 'default' });
    const door = createDoor(down, 'outage');
    const startedAt = performance.now();
    const refused = await sendAlerts(door, alert());
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    const readiness = await door.request('/readyz');
    expect(readiness.status).toBe(503);
    expect(await readiness.json()).toMatchObject({ detail: 'Temporal does not answer' });
    await down.close();

    expect((await sendAlerts(createDoor(temporal, 'outage'), alert())).status).toBe(202);
    expect(await signalsOf('outage', 'inventory')).toHaveLength(1);
  });

  test('opens an incident by hand with the words of who asked', async () => {
    const door = createDoor(temporal, 'by-hand');
    const opened = await post(door, '/incidents', {
      service: 'outbound',
      reason: 'canary failed',
      by: 'pipeline 812',
    });
    expect(opened).toMatchObject({
      status: 202,
      body: { service: 'outbound', workflowId: 'incident:by-hand/outbound' },
    });
    expect(await signalsOf('by-hand', 'outbound')).toEqual([
      expect.stringMatching(/^manual:pipeline 812\|firing\|/),
    ]);
    const unknown = await post(door, '/incidents', { service: 'x', reason: 'r', by: 'b' });
    expect(unknown).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining('known: inventory, outbound') },
    });
  });
});

describe('incidents in the registry', () => {
  const ref = {
    workflowId: `incident:${environment}/inventory`,
    runId: 'run-1',
    environment,
    service: 'inventory',
  };
  const closing = {
    outcome: 'self-recovered' as const,
    closedAt: '2026-11-24T10:01:00.000Z',
    breachedFrom: null,
    verdictWindowMs: 4_000,
    detectedAt: '2026-11-24T10:00:00.000Z',
    mitigatedAt: null,
    recoveredAt: null,
    runbook: null,
    mutations: 0,
    rootCause: null,
    summary: 'recovered before anything was changed',
  };
  const event = (sequence: number, summary: string) => ({
    sequence,
    at: `2026-11-24T10:00:0${sequence}.000Z`,
    phase: 'confirm' as const,
    kind: 'note' as const,
    summary,
  });

  beforeAll(async () => {
    const activities = createRegistryActivities({ sql, monitoringUrl: 'http://127.0.0.1:1' });
    await activities.recordOpened({
      ...ref,
      openedAt: '2026-11-24T10:00:00.000Z',
      severity: 'critical',
      trigger: 'alertmanager',
      summary: 'errors burn the budget',
      alertKeys: ['f00d|firing|1'],
    });
    await activities.recordTimeline({
      ...ref,
      phase: 'confirm',
      runbook: null,
      events: [event(1, 'opened'), event(2, 'confirmed')],
    });
  });

  test('are listed and shown by name, run id and service, without a worker to ask', async () => {
    expect((await get('/incidents?limit=10')).body).toMatchObject({
      incidents: [{ name: 'inventory-1', phase: 'confirm', outcome: null }],
      nextCursor: null,
    });
    for (const id of ['inventory-1', 'run-1', 'inventory']) {
      expect((await get(`/incidents/${id}`)).body).toMatchObject({
        incident: { name: 'inventory-1', runId: 'run-1' },
        timeline: [{ summary: 'opened' }, { summary: 'confirmed' }],
        live: null,
      });
    }
    expect((await get('/incidents/inventory-1?events=1')).body).toMatchObject({
      timeline: [{ summary: 'confirmed' }],
      eventCount: 2,
    });
    for (const id of ['inventory-99', '%00', '%ff', 'a%2f..%2fb', 'x'.repeat(5_000)]) {
      expect((await get(`/incidents/${id}`)).status).toBe(404);
    }
  });

  test('tell by HEAD what their stream is like, and hold none of the hundred streams for it', async () => {
    const path = '/incidents/inventory-1/events';
    const heads = await Promise.all(
      Array.from({ length: 101 }, async () => app.request(path, { method: 'HEAD' })),
    );
    const stream = await app.request(path);
    await stream.body?.cancel();

    expect(new Set(heads.map(({ status }) => status))).toEqual(new Set([200]));
    expect(heads[0]?.headers.get('content-type')).toBe(stream.headers.get('content-type'));
    expect(stream.status).toBe(200);
    expect((await app.request('/incidents/nobody-1/events', { method: 'HEAD' })).status).toBe(404);
  });

  test('stream their timeline, from where a reader left off, until they close', async () => {
    const activities = createRegistryActivities({ sql, monitoringUrl: 'http://127.0.0.1:1' });
    const response = await app.request('/incidents/inventory-1/events', {
      headers: { 'last-event-id': '1' },
    });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const body = response.text();
    await activities.recordTimeline({
      ...ref,
      phase: 'close',
      runbook: null,
      events: [event(3, 'closed')],
    });
    await activities.recordClosed({ ...ref, ...closing });
    const frames = (await body).trim().split('\n\n');
    expect(frames.map((frame) => frame.split('\n')[0])).toEqual([
      'event: timeline',
      'event: timeline',
      'event: closed',
    ]);
    expect(frames[0]).toContain('confirmed');
    expect(frames[2]).toContain('self-recovered');
  });

  test('stream a timeline longer than one reading to its end once they are closed', async () => {
    const activities = createRegistryActivities({ sql, monitoringUrl: 'http://127.0.0.1:1' });
    const long = { ...ref, runId: 'run-long', service: 'outbound' };
    await activities.recordClosed({ ...closing, ...long });
    await sql`
      insert into timeline_events (run_id, sequence, at, phase, kind, summary)
      select 'run-long', n, now(), 'confirm', 'note', 'event ' || n from generate_series(1, 1500) n`;
    const { text } = await get('/incidents/run-long/events');
    expect(text).toContain('"summary":"event 1500"');
    expect(text.match(/event: timeline/g)).toHaveLength(1_500);
    expect(text.match(/event: closed/g)).toHaveLength(1);
  });

  test.each(['-1', '99999999999', '1e3', '\xff', 'x'])(
    'stream from the beginning where the last event is said to be %j',
    async (lastEventId) => {
      const headers = { 'last-event-id': lastEventId };
      const response = await app.request('/incidents/inventory-1/events', { headers });
      expect(await response.text()).toMatch(/^event: timeline\ndata: .*"summary":"opened"/);
    },
  );

  test('have a post-mortem as soon as they exist', async () => {
    const markdown = await eventually('a closed record', async () => {
      const { text } = await get('/incidents/inventory-1/postmortem');
      return text.includes('**self-recovered**') ? text : undefined;
    });
    expect(markdown).toContain('# Post-mortem inventory-1');
    expect((await get('/incidents/inventory-1/postmortem?format=json')).body).toMatchObject({
      incident: { name: 'inventory-1' },
      series: [],
      note: expect.stringContaining('could not read series inventory'),
    });
    expect((await get('/incidents/inventory-1/postmortem.svg')).status).toBe(404);
  });

  test('refuse a decision once they are closed', async () => {
    const answer = await post(app, '/incidents/inventory-1/decisions', {
      stepId: 'rollback-1',
      decision: 'approve',
    });
    expect(answer).toMatchObject({
      status: 409,
      body: { detail: 'inventory-1 is closed: self-recovered' },
    });
  });
});

describe('the front door about itself', () => {
  test('is ready with Temporal and its database, and describes every route', async () => {
    expect((await get('/readyz')).status).toBe(200);
    expect((await get('/healthz')).status).toBe(200);
    const { body } = await get('/openapi.json');
    expect(Object.keys((body as { paths: object }).paths).sort()).toEqual([
      '/healthz',
      '/incidents',
      '/incidents/{id}',
      '/incidents/{id}/decisions',
      '/incidents/{id}/events',
      '/incidents/{id}/postmortem',
      '/incidents/{id}/postmortem.svg',
      '/metrics',
      '/readyz',
      '/webhooks/alertmanager',
    ]);
    expect((await get('/metrics')).text).toContain('runbook_webhooks_total{result="accepted"}');
  });
});
