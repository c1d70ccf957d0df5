import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Alert } from '../../../../services/monitoring-api/alert.js';
import { fingerprintOf } from '../../../../services/monitoring-api/alert.js';
import { Notifier } from '../../../../services/monitoring-api/notifier.js';
import type { WebhookPayload } from '../../../../services/monitoring-api/webhook-payload.js';
import { createLogger } from '../../../../services/shared/telemetry/logger.js';
import { FedMonitor } from '../../../support/fed-monitor.js';
import { eventually } from '../../../support/eventually.js';

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(
    servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))),
  );
});

/** A receiver that answers `statuses` in turn, then 202; while it is down it answers nothing at all. */
async function startReceiver(statuses: number[] = []) {
  const accepted: WebhookPayload[] = [];
  const answered: number[] = [];
  const tokens: (string | undefined)[] = [];
  const receiver = { down: false };
  const server = createServer((request, response) => {
    if (receiver.down) {
      request.socket.destroy();
      return;
    }
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
  return Object.assign(receiver, { url, accepted, answered, tokens });
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

  test('sends what is about monitoring itself as a group of its own, without an SLO', async () => {
    const receiver = await startReceiver();
    const { notifier } = notifierTo(receiver.url);
    const labels = {
      alertname: 'MonitoringBlind',
      automation: 'manual',
      service: 'shop',
      severity: 'warning',
    };
    notifier.update(
      [alert('FastBurn', 'firing'), { ...alert('', 'firing'), labels, fingerprint: 'f00d' }],
      0,
    );
    await until(() => receiver.accepted.length === 2);
    expect(receiver.accepted.find(({ groupLabels }) => !('slo' in groupLabels))).toMatchObject({
      groupKey: '{}:{service="shop"}',
      groupLabels: { service: 'shop' },
      commonLabels: labels,
      alerts: [{ labels }],
    });
  });

  test('is not held up by a clock that is set back', async () => {
    const receiver = await startReceiver([401]);
    const { notifier, results } = notifierTo(receiver.url);
    notifier.update([alert('FastBurn', 'firing')], 3_600_000);
    await until(() => results.length === 1);
    notifier.update([alert('FastBurn', 'firing')], 0);
    await until(() => receiver.accepted.length === 1);
    expect(told(receiver)).toEqual([['FastBurn firing']]);
  });
});

describe('a receiver that is away for longer than alerts stay in view', () => {
  const failing = { 'api-old-a': { reads: 40, readErrors: 20 } };
  const healthy = { 'api-old-a': { reads: 40 } };

  /** A monitor whose alerts are sent at each evaluation. */
  async function startMonitor() {
    const fed = new FedMonitor();
    const receiver = await startReceiver();
    const { notifier, results } = notifierTo(receiver.url);
    const seconds = (count: number, traffic: typeof healthy | typeof failing) => {
      for (let second = 0; second < count; second += 1) {
        fed.second(traffic);
        notifier.update(fed.alerts(), fed.now);
      }
    };
    /** Whatever was started is over: delivered, or given up for now. */
    const settled = async (result: 'delivered' | 'failed') => {
      await until(() => results.at(-1) === result);
      results.length = 0;
    };
    const inView = () => fed.alerts().map(({ labels, state }) => `${labels['rule']} ${state}`);
    /** What the receiver knows of each alert, in the order it heard of them. */
    const known = () =>
      Object.fromEntries(
        receiver.accepted.flatMap(({ alerts }) =>
          alerts.map(({ labels, status }) => [labels['rule'] ?? '', status] as const),
        ),
      );
    return { fed, receiver, notifier, seconds, settled, inView, known };
  }

  test('hears that an alert is resolved, once, though it is out of view by then', async () => {
    const { receiver, seconds, settled, inView, known } = await startMonitor();
    seconds(12, failing);
    await settled('delivered');
    receiver.down = true;
    // The burn ends, the alerts resolve and are forgotten after 20 s; by then 100 s have gone.
    seconds(100, healthy);
    await settled('failed');
    seconds(30, healthy);
    await settled('failed');
    expect(inView()).toEqual([]);
    expect(known()).toEqual({ FastBurn: 'firing', MediumBurn: 'firing', Breach: 'firing' });

    receiver.down = false;
    seconds(30, healthy);
    await settled('delivered');
    expect(known()).toEqual({ FastBurn: 'resolved', MediumBurn: 'resolved', Breach: 'resolved' });
    const { length } = receiver.accepted;
    seconds(60, healthy);
    expect(receiver.accepted).toHaveLength(length);
  });

  test('hears only the newest of what came and went meanwhile', async () => {
    const { receiver, seconds, settled, known } = await startMonitor();
    seconds(12, failing);
    await settled('delivered');
    receiver.down = true;
    for (let turn = 0; turn < 5; turn += 1) {
      seconds(100, healthy);
      await settled('failed');
      seconds(12, failing);
      seconds(20, failing);
    }
    await settled('failed');
    receiver.down = false;
    const { length } = receiver.accepted;
    seconds(30, failing);
    await settled('delivered');
    expect(receiver.accepted).toHaveLength(length + 1);
    expect(receiver.accepted.at(-1)?.alerts).toHaveLength(3);
    expect(known()).toEqual({ FastBurn: 'firing', MediumBurn: 'firing', Breach: 'firing' });
  });

  test('hears of the end of a rule that a reload took away', async () => {
    const { fed, receiver, notifier, seconds, settled, inView, known } = await startMonitor();
    seconds(12, failing);
    await settled('delivered');
    receiver.down = true;
    const { alerts } = fed.configuration;
    const changed = { ...alerts, rules: alerts.rules.filter(({ name }) => name !== 'FastBurn') };
    fed.monitor.reconfigure(changed, fed.now);
    notifier.reconfigure({ repeatInterval: 10_000, timeout: 1_000 });
    seconds(30, failing);
    await settled('failed');
    expect(inView()).toEqual(['MediumBurn firing', 'Breach firing']);
    receiver.down = false;
    seconds(10, failing);
    await settled('delivered');
    expect(known()).toEqual({ FastBurn: 'resolved', MediumBurn: 'firing', Breach: 'firing' });
  });

  test('hears that a rule fires which a reload took away and another brought back', async () => {
    const { fed, receiver, seconds, settled, known } = await startMonitor();
    seconds(12, failing);
    await settled('delivered');
    const { alerts } = fed.configuration;
    fed.monitor.reconfigure({ ...alerts, rules: alerts.rules.slice(1) }, fed.now);
    seconds(1, failing);
    await settled('delivered');
    expect(known()).toMatchObject({ FastBurn: 'resolved' });
    fed.monitor.reconfigure(alerts, fed.now);
    seconds(1, failing);
    await settled('delivered');
    expect(known()).toMatchObject({ FastBurn: 'firing' });
    expect(receiver.accepted.at(-1)?.alerts).toHaveLength(3);
  });
});
