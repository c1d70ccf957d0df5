import { describe, expect, test } from '@jest/globals';
import { OpenAPIHono } from '@hono/zod-openapi';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { knownAlertNames } from '../../../../configuration/alert-names.js';
import { loadConfiguration } from '../../../../configuration/load-configuration.js';
import type { AlertEvent } from '../../../../workflows/messages.js';
import { createAlertCatalogue } from '../../../../services/incident-api/classify-alert.js';
import { createWebhookMetrics } from '../../../../services/incident-api/webhook-metrics.js';
import { webhookRoutes } from '../../../../services/incident-api/webhook.routes.js';
import { answerErrors } from '../../../../services/shared/http/problem.js';
import { MetricsRegistry } from '../../../../services/shared/telemetry/metrics-registry.js';
import type { TemporalClient } from '../../../../services/shared/temporal/temporal-client.js';
import { incidentInput } from '../../../../services/shared/temporal/incident-opening.js';
import { webhookPayload } from '../../../../services/monitoring-api/webhook-payload.js';
import { silent } from '../../../support/api.js';
import { FedMonitor } from '../../../support/fed-monitor.js';

const configuration = loadConfiguration(['configuration']);
const path = '/webhooks/alertmanager';
const receivedAt = '2026-11-24T10:00:05.000Z';

interface Stored {
  readonly workflowId: string;
  readonly with: 'start' | 'signal';
  readonly event: AlertEvent;
}

/** Temporal as far as the webhook can tell: what it would have stored, or how it fails. */
function fakeTemporal(failure?: Error) {
  const stored: Stored[] = [];
  const keep = (item: Stored): Promise<void> => {
    if (failure !== undefined) return Promise.reject(failure);
    stored.push(item);
    return Promise.resolve();
  };
  const workflow = {
    signalWithStart: (_type: string, options: { workflowId: string; signalArgs: [AlertEvent] }) =>
      keep({ workflowId: options.workflowId, with: 'start', event: options.signalArgs[0] }),
    getHandle: (workflowId: string) => ({
      signal: (_signal: unknown, event: AlertEvent) => keep({ workflowId, with: 'signal', event }),
    }),
  };
  const temporal = {
    client: { workflow },
    within: <T>(_ms: number, call: () => Promise<T>) => call(),
  } as unknown as TemporalClient;
  return { temporal, stored };
}

function createDoor({
  tokens = [] as string[],
  failure,
}: { tokens?: string[]; failure?: Error } = {}) {
  const { temporal, stored } = fakeTemporal(failure);
  const registry = new MetricsRegistry();
  const place = { environment: 'test', cluster: 'test' };
  const app = new OpenAPIHono();
  app.onError(answerErrors(silent));
  app.use(methodNotAllowed({ app }));
  app.route(
    '/',
    webhookRoutes({
      delivery: {
        temporal,
        taskQueue: 'runbooks',
        environment: 'test',
        inputFor: (service) => incidentInput(configuration, place, service),
      },
      catalogue: createAlertCatalogue(configuration),
      metrics: createWebhookMetrics(registry),
      logger: silent,
      tokens,
      now: () => new Date(receivedAt),
    }),
  );
  const send = async (body: string, headers: Record<string, string> = {}) => {
    const response = await app.request(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: JSON.parse(text) as unknown,
    };
  };
  const count = async (name: string, result: string): Promise<number> => {
    const metric = await registry.getSingleMetric(name)?.get();
    const values = metric?.values as { labels: { result?: string }; value: number }[] | undefined;
    return values?.find(({ labels }) => labels.result === result)?.value ?? Number.NaN;
  };
  return { app, send, stored, count };
}

const alert = (over: Record<string, unknown> = {}, labels: Record<string, string> = {}) => ({
  status: 'firing',
  labels: { alertname: 'ErrorRateFastBurn', service: 'inventory', severity: 'critical', ...labels },
  annotations: { summary: 'errors burn the budget' },
  startsAt: '2026-11-24T10:00:00.123456789Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus/graph',
  fingerprint: 'f00d',
  ...over,
});
const payload = (alerts: unknown[], over: Record<string, unknown> = {}): string =>
  JSON.stringify({
    version: '4',
    status: 'firing',
    receiver: 'runbooks',
    groupKey: '{}:{service="inventory"}',
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'http://alertmanager',
    truncatedAlerts: 0,
    notification_reason: 'first',
    alerts,
    ...over,
  });

describe('the alert webhook', () => {
  test('hands a firing alert to the incident of its service before it answers 202', async () => {
    const door = createDoor();
    const answer = await door.send(payload([alert()]));
    expect(answer).toMatchObject({ status: 202, body: { accepted: 1, ignored: [] } });
    expect(door.stored).toEqual([
      {
        workflowId: 'incident:test/inventory',
        with: 'start',
        event: {
          key: 'f00d|firing|2026-11-24T10:00:00.123456789Z',
          status: 'firing',
          alertname: 'ErrorRateFastBurn',
          slo: 'error-rate',
          severity: 'critical',
          startsAt: '2026-11-24T10:00:00.123Z',
          receivedAt,
          summary: 'errors burn the budget',
          source: 'alertmanager',
        },
      },
    ]);
    expect(await door.count('runbook_webhooks_total', 'accepted')).toBe(1);
    expect(await door.count('runbook_webhook_alerts_total', 'firing')).toBe(1);
  });

  test('acts on the status of each alert, not of the group: resolved never opens anything', async () => {
    const door = createDoor();
    const resolved = alert({ status: 'resolved', fingerprint: 'beef' });
    const other = alert({ fingerprint: 'cafe' }, { service: 'outbound' });
    const answer = await door.send(payload([resolved, alert(), other]));
    expect(answer).toMatchObject({ status: 202, body: { accepted: 3 } });
    const own = door.stored.filter(({ workflowId }) => workflowId === 'incident:test/inventory');
    expect(own.map(({ with: how, event }) => [how, event.status])).toEqual([
      ['start', 'firing'],
      ['signal', 'resolved'],
    ]);
    expect(door.stored.map(({ workflowId }) => workflowId)).toContain('incident:test/outbound');
  });

  test('lets the newest of each kind stand for all when very many come at once, in whatever order', async () => {
    const storm = Array.from({ length: 2_000 }, (_, index) =>
      alert(
        {
          fingerprint: `${index}`,
          startsAt: new Date(Date.UTC(2026, 10, 24) + index * 1_000).toISOString(),
        },
        { alertname: index % 2 === 0 ? 'ErrorRateFastBurn' : 'AvailabilityFastBurn' },
      ),
    );
    for (const alerts of [storm, storm.toReversed()]) {
      const door = createDoor();
      const answer = await door.send(payload(alerts));
      expect(answer).toMatchObject({ status: 202, body: { accepted: 2_000, ignored: [] } });
      expect(door.stored.map(({ event }) => event.key.split('|')[0]).sort()).toEqual([
        '1998',
        '1999',
      ]);
    }
  });

  test('lets no summary speak to the terminal of who reads it', async () => {
    const door = createDoor();
    await door.send(payload([alert({ annotations: { summary: 'a\x1b[2J\rb\u202ec\nd\0' } })]));
    expect(door.stored[0]?.event.summary).toBe('a\ufffd[2J\ufffdb\ufffdc\nd\ufffd');
  });

  test('takes objective and severity from labels only where they are some of ours', async () => {
    const door = createDoor();
    await door.send(payload([alert({}, { slo: '__proto__', severity: 'x'.repeat(10_000) })]));
    await door.send(
      payload([alert({ fingerprint: 'b' }, { slo: 'availability', severity: 'warning' })]),
    );
    expect(door.stored.map(({ event }) => [event.slo, event.severity])).toEqual([
      ['error-rate', 'critical'],
      ['availability', 'warning'],
    ]);
  });

  test('keeps a summary within bounds without cutting a character in halves', async () => {
    const door = createDoor();
    const summary = `x${'😀'.repeat(1_000)}`;
    await door.send(payload([alert({ annotations: { summary } })]));
    expect(door.stored[0]?.event.summary).toBe(`x${'😀'.repeat(249)}`);
  });

  test('stores an alert repeated within one payload once', async () => {
    const door = createDoor();
    await door.send(payload([alert(), alert()]));
    expect(door.stored).toHaveLength(1);
  });

  test("accepts Grafana's payload with zone offsets and its additional fields", async () => {
    const door = createDoor();
    const grafana = alert({
      startsAt: '2026-11-24T12:00:00+02:00',
      values: { A: 12.5 },
      silenceURL: 'http://grafana',
    });
    const answer = await door.send(
      payload([grafana], { version: '1', orgId: 1, title: '[FIRING:1]' }),
    );
    expect(answer.status).toBe(202);
    expect(door.stored[0]?.event).toMatchObject({
      source: 'grafana',
      startsAt: '2026-11-24T10:00:00.000Z',
    });
  });

  test.each([
    ['an alert name that is not ours', { alertname: 'DiskFull' }, 'unknown-alert'],
    ['a service that is not configured', { service: 'billing' }, 'unknown-service'],
    ['an alert whose rule is for people only', { alertname: 'ErrorRateBreach' }, 'manual'],
    ['an alert about monitoring itself', { alertname: 'MonitoringBlind' }, 'manual'],
    ['an alert about work that waits', { alertname: 'BacklogTooOld' }, 'manual'],
    ['an alert labelled for people only', { automation: 'manual' }, 'manual'],
    [
      'an alert for people only whose label allows automation',
      { alertname: 'ErrorRateBreach', automation: 'allowed' },
      'manual',
    ],
  ])('answers 200 to %s, counts it and opens nothing', async (_what, labels, reason) => {
    const door = createDoor();
    const answer = await door.send(payload([alert({}, labels)]));
    expect(answer).toMatchObject({ status: 200, body: { accepted: 0, ignored: [{ reason }] } });
    expect(door.stored).toEqual([]);
    expect(await door.count('runbook_webhook_alerts_total', reason)).toBe(1);
  });

  test("leaves our own monitor's alert about itself to people", async () => {
    const fed = new FedMonitor();
    fed.seconds(120, {}, { probes: [] });
    const [blind] = fed.alerts();
    const door = createDoor();
    const answer = await door.send(JSON.stringify(webhookPayload([blind!], 'http://monitor')));
    expect(answer).toMatchObject({
      status: 200,
      body: { ignored: [{ alertname: 'MonitoringBlind', reason: 'manual' }] },
    });
  });

  test('knows every alert name the configuration can raise', () => {
    const { alerts } = createAlertCatalogue(configuration);
    expect([...alerts.keys()].sort()).toEqual(knownAlertNames(configuration).sort());
  });

  test('counts alerts the sender left out', async () => {
    const door = createDoor();
    await door.send(payload([alert()], { truncatedAlerts: 3 }));
    expect(await door.count('runbook_webhook_alerts_total', 'truncated')).toBe(3);
  });

  test.each([
    ['text that is not JSON', '{'],
    ['JSON that is no payload', '{"hello":"world"}'],
    ['an unknown version', payload([alert()], { version: '9' })],
    ['a status that does not exist', payload([alert({ status: 'burning' })])],
    ['a start that is no time', payload([alert({ startsAt: 'yesterday' })])],
    ['an alert without fingerprint', payload([alert({ fingerprint: undefined })])],
  ])('answers 400 to %s, with a problem and a count', async (_what, body) => {
    const door = createDoor();
    const answer = await door.send(body);
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(door.stored).toEqual([]);
    expect(await door.count('runbook_webhooks_total', 'malformed')).toBe(1);
  });

  test('answers 415 to anything that is not declared JSON', async () => {
    const door = createDoor();
    const answer = await door.send(payload([alert()]), { 'content-type': 'text/plain' });
    expect(answer.status).toBe(415);
    expect(await door.count('runbook_webhooks_total', 'unsupported')).toBe(1);
  });

  test('answers 405 to other methods and names the one it takes', async () => {
    const { app } = createDoor();
    const response = await app.request(path, { method: 'GET' });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toContain('POST');
  });

  const noLabels = Array.from({ length: 10_000 }, (_, index) => [`label-${index}`, index]);
  test.each([
    ['hundreds of thousands of empty alerts', payload(Array(300_000).fill({}))],
    [
      'an alert with ten thousand faulty labels',
      payload([alert({ labels: Object.fromEntries(noLabels) })]),
    ],
  ])('answers %s with 400 and a handful of the faults', async (_what, body) => {
    const answer = await createDoor().send(body);
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body).length).toBeLessThan(5_000);
  });

  test('takes neither a time before year 1 nor one after 9999, which an offset may lead to', async () => {
    for (const startsAt of ['0001-01-01T00:00:00+23:59', '9999-12-31T23:59:59-23:59']) {
      expect(await createDoor().send(payload([alert({ startsAt })]))).toMatchObject({
        status: 400,
      });
    }
    expect(
      (await createDoor().send(payload([alert({ startsAt: '0001-01-01T00:00:00Z' })]))).status,
    ).toBe(202);
  });

  test('answers 413 to a body over 1 MiB', async () => {
    const door = createDoor();
    const answer = await door.send(payload([alert({ padding: 'x'.repeat(1024 * 1024) })]));
    expect(answer.status).toBe(413);
    expect(await door.count('runbook_webhooks_total', 'too-large')).toBe(1);
  });

  test('takes the current and the previous token, and asks for one before it reads anything', async () => {
    const door = createDoor({ tokens: ['current', 'previous'] });
    const statuses = [];
    for (const authorization of ['Bearer current', 'Bearer previous', 'Bearer wrong', 'Basic x']) {
      statuses.push((await door.send(payload([alert()]), { authorization })).status);
    }
    expect(statuses).toEqual([202, 202, 401, 401]);
    expect((await door.send('{ not read')).status).toBe(401);
    expect(await door.count('runbook_webhooks_total', 'unauthorized')).toBe(3);
  });

  test('answers 503 with Retry-After when Temporal cannot be reached', async () => {
    const unavailable = Object.assign(new Error('14 UNAVAILABLE'), {
      code: 14,
      details: 'no connection',
      metadata: {},
    });
    const door = createDoor({ failure: new Error('could not signal', { cause: unavailable }) });
    const answer = await door.send(payload([alert()]));
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(await door.count('runbook_webhooks_total', 'unreachable')).toBe(1);
  });

  test('answers 500, not 503, to a fault of our own', async () => {
    const door = createDoor({ failure: new Error('unknown search attribute') });
    expect((await door.send(payload([alert()]))).status).toBe(500);
    expect(await door.count('runbook_webhooks_total', 'failed')).toBe(1);
  });
});
