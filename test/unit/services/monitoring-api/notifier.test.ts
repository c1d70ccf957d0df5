import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Alert } from '../../../../services/monitoring-api/alert.js';
import { fingerprintOf } from '../../../../services/monitoring-api/alert.js';
import { Notifier } from '../../../../services/monitoring-api/notifier.js';
import type { WebhookPayload } from '../../../../services/monitoring-api/webhook-payload.js';
import { createLogger } from '../../../../services/shared/telemetry/logger.js';
import { eventually } from '../../../support/eventually.js';

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(
    servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))),
  );
});

/** A receiver that answers `statuses` in turn, then 202. */
async function startReceiver(statuses: number[] = []) {
  const accepted: WebhookPayload[] = [];
  const answered: number[] = [];
  const tokens: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const status = statuses.shift() ?? 202;
      answered.push(status);
      tokens.push(request.headers.authorization);
      if (status < 300) accepted.push(JSON.parse(body) as WebhookPayload);
      response.writeHead(status, { connection: 'close' }).end();
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/alertmanager`;
  return { url, accepted, answered, tokens };
}

function notifierTo(...receiverUrls: string[]) {
  const results: string[] = [];
  const notifier = new Notifier({
    receiverUrls: receiverUrls.map((url) => new URL(url)),
    token: 'secret',
    externalUrl: 'http://monitor.example',
    repeatInterval: 10_000,
    timeout: 1_000,
    firstRetryMs: 5,
    logger: createLogger({ name: 'test', level: 'silent' }),
    onSent: (result) => results.push(result),
  });
  return { notifier, results };
}

function alert(name: string, state: Alert['state']): Alert {
  const labels = {
    alertname: name,
    automation: 'allowed',
    rule: name,
    service: 'shop',
    severity: 'critical',
    slo: 'error-rate',
  };
  return {
    labels,
    annotations: { summary: `${name} is ${state}` },
    state,
    startsAt: 1_000,
    endsAt: state === 'resolved' ? 2_000 : null,
    fingerprint: fingerprintOf(labels),
  };
}

const until = (holds: () => boolean) =>
  eventually('the receiver is told', () => (holds() ? true : undefined), 4_000);

const told = ({ accepted }: { accepted: WebhookPayload[] }) =>
  accepted.map((payload) =>
    payload.alerts.map(({ labels, status }) => `${labels['alertname'] ?? ''} ${status}`),
  );

describe('Notifier', () => {
  test('sends a group of alerts as Alertmanager does', async () => {
    const receiver = await startReceiver();
    const { notifier } = notifierTo(receiver.url);
    notifier.update([alert('FastBurn', 'firing'), alert('Breach', 'firing')], 0);
    await until(() => receiver.accepted.length === 1);
    expect(receiver.tokens).toEqual(['Bearer secret']);
    expect(receiver.accepted[0]).toEqual({
      version: '4',
      sender: 'monitoring-api',
      receiver: 'durable-runbooks',
      status: 'firing',
      groupKey: '{}:{service="shop", slo="error-rate"}',
      groupLabels: { service: 'shop', slo: 'error-rate' },
      commonLabels: {
        automation: 'allowed',
        service: 'shop',
        severity: 'critical',
        slo: 'error-rate',
      },
      commonAnnotations: {},
      externalURL: 'http://monitor.example',
      truncatedAlerts: 0,
      alerts: [
        {
          status: 'firing',
          labels: alert('FastBurn', 'firing').labels,
          annotations: { summary: 'FastBurn is firing' },
          startsAt: '1970-01-01T00:00:01.000Z',
          endsAt: '0001-01-01T00:00:00Z',
          generatorURL: 'http://monitor.example/monitoring/alerts?service=shop',
          fingerprint: alert('FastBurn', 'firing').fingerprint,
        },
        expect.objectContaining({ annotations: { summary: 'Breach is firing' } }),
      ],
    });
  });

  test('tries again after 503 until the receiver has it', async () => {
    const receiver = await startReceiver([503, 503]);
    const { notifier, results } = notifierTo(receiver.url);
    notifier.update([alert('FastBurn', 'firing')], 0);
    await until(() => results.length === 1);
    expect(results).toEqual(['delivered']);
    expect(receiver.answered).toEqual([503, 503, 202]);
    expect(told(receiver)).toEqual([['FastBurn firing']]);
  });

  test('sends nothing twice, but reminds the receiver of what still fires', async () => {
    const receiver = await startReceiver();
    const { notifier, results } = notifierTo(receiver.url);
    const alerts = [alert('FastBurn', 'firing')];
    notifier.update(alerts, 0);
    await until(() => results.length === 1);
    notifier.update(alerts, 9_999);
    notifier.update(alerts, 10_000);
    await until(() => results.length === 2);
    expect(told(receiver)).toEqual([['FastBurn firing'], ['FastBurn firing']]);
  });

  test('tells of a resolved alert once, beside those that still fire', async () => {
    const receiver = await startReceiver();
    const { notifier, results } = notifierTo(receiver.url);
    notifier.update([alert('FastBurn', 'firing'), alert('Breach', 'firing')], 0);
    await until(() => results.length === 1);
    const now = [alert('FastBurn', 'resolved'), alert('Breach', 'firing')];
    notifier.update(now, 1_000);
    await until(() => results.length === 2);
    notifier.update(now, 2_000);
    notifier.update([alert('FastBurn', 'resolved'), alert('Breach', 'resolved')], 3_000);
    await until(() => results.length === 3);
    expect(told(receiver)).toEqual([
      ['FastBurn firing', 'Breach firing'],
      ['FastBurn resolved', 'Breach firing'],
      ['Breach resolved'],
    ]);
    expect(receiver.accepted.map(({ status }) => status)).toEqual(['firing', 'firing', 'resolved']);
  });

  test('loses nothing while a receiver is down for longer than one series of attempts', async () => {
    const receiver = await startReceiver(Array<number>(6).fill(503));
    const { notifier, results } = notifierTo(receiver.url);
    notifier.update([alert('FastBurn', 'firing')], 0);
    await until(() => results.length === 1);
    expect(results).toEqual(['failed']);
    const now = [alert('FastBurn', 'resolved'), alert('MediumBurn', 'firing')];
    notifier.update(now, 1_000);
    expect(receiver.answered).toHaveLength(6);
    notifier.update(now, 2_000);
    await until(() => results.length === 2);
    expect(results).toEqual(['failed', 'delivered']);
    expect(told(receiver)).toEqual([['FastBurn resolved', 'MediumBurn firing']]);
  });

  test('does not insist on a refusal, but comes back later', async () => {
    const receiver = await startReceiver([401]);
    const { notifier, results } = notifierTo(receiver.url);
    notifier.update([alert('FastBurn', 'firing')], 0);
    await until(() => results.length === 1);
    expect(results).toEqual(['failed']);
    expect(receiver.answered).toEqual([401]);
    notifier.update([alert('FastBurn', 'firing')], 2_000);
    await until(() => receiver.accepted.length === 1);
    expect(told(receiver)).toEqual([['FastBurn firing']]);
  });

  test('serves one receiver while another is down', async () => {
    const down = await startReceiver(Array<number>(100).fill(503));
    const up = await startReceiver();
    const { notifier } = notifierTo(down.url, up.url);
    notifier.update([alert('FastBurn', 'firing')], 0);
    await until(() => up.accepted.length === 1);
    expect(told(up)).toEqual([['FastBurn firing']]);
  });

  test('keeps pending alerts to itself', async () => {
    const receiver = await startReceiver();
    const { notifier, results } = notifierTo(receiver.url);
    notifier.update([alert('FastBurn', 'pending')], 0);
    notifier.update([alert('Breach', 'firing')], 0);
    await until(() => results.length === 1);
    expect(told(receiver)).toEqual([['Breach firing']]);
  });
});
