import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { execa } from 'execa';
import { readEnvironment } from '../../configuration/environment.js';
import { loadConfiguration } from '../../configuration/load-configuration.js';
import { freePorts } from '../../deploy/local/ports.js';
import { provideTools } from '../../deploy/local/tools.js';
import { alertmanagerConfig } from '../../services/monitoring-api/alertmanager-config.js';
import { every } from '../../services/monitoring-api/every.js';
import { registerFleetMetrics } from '../../services/monitoring-api/fleet-metrics.js';
import { Monitor } from '../../services/monitoring-api/monitor.js';
import { generatedYaml } from '../../services/monitoring-api/monitoring-files.js';
import type { MetricsSource } from '../../services/monitoring-api/metrics-source.js';
import { monitoringRoutes } from '../../services/monitoring-api/monitoring.routes.js';
import { prometheusConfig } from '../../services/monitoring-api/prometheus-config.js';
import { prometheusRules } from '../../services/monitoring-api/prometheus-rules.js';
import { prometheusSource } from '../../services/monitoring-api/read-prometheus.js';
import { podScraper, scrapeTimeoutMs } from '../../services/monitoring-api/scrape.js';
import { watchService } from '../../services/monitoring-api/watch-service.js';
import type { WebhookPayload } from '../../services/monitoring-api/webhook-payload.js';
import { Readiness } from '../../services/shared/http/health-routes.js';
import { serve } from '../../services/shared/http/server.js';
import { MetricsRegistry } from '../../services/shared/telemetry/metrics-registry.js';
import { silent } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { startMonitoredService } from '../support/monitored-service.js';
import type { MonitoredService } from '../support/monitored-service.js';

// Prometheus and Alertmanager as they are, on generated files, beside monitoring-api's own evaluation of the same pod.
jest.setTimeout(120_000);

const service = 'inventory';
const pod = 'inventory-api-5456454b74-25njs';
const cleanUps: (() => unknown)[] = [];
const received: { readonly authorization: string | undefined; readonly payload: WebhookPayload }[] =
  [];
/** Share of requests answered 503. */
let failing = 0;
let monitor: Monitor;
/** Fed by Prometheus instead of by the pods. */
let secondHand: Monitor;

beforeAll(async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'same-alerts-'));
  cleanUps.push(() => rm(folder, { recursive: true, force: true }));
  const monitored = await startMonitoredService();
  cleanUps.push(monitored.stop);
  const stopping = new AbortController();
  const traffic = sendTraffic(monitored, stopping.signal);

  const local = loadConfiguration(['configuration', 'configuration/local']);
  const settings = local.services[service];
  if (settings === undefined) throw new Error(`no service ${service}`);
  const configuration = {
    ...local,
    services: { [service]: { ...settings, url: `http://${monitored.address}` } },
  };
  const [prometheusPort = 0, alertmanagerPort = 0] = await freePorts(2);
  const { alerts } = configuration;
  const watch = (watched: Monitor, metrics: MetricsSource): Promise<unknown> =>
    Promise.all([
      watchService({
        service,
        settings: { ...settings, url: `http://${monitored.address}` },
        alerts,
        pods: {
          list: () =>
            Promise.resolve([
              {
                name: pod,
                templateHash: '5456454b74',
                createdAt: null,
                ready: true,
                address: monitored.address,
              },
            ]),
        },
        metrics,
        store: watched.store(service),
        signals: watched.signals(service),
        token: null,
        onSignals: () => undefined,
        logger: silent,
        signal: stopping.signal,
      }),
      every(alerts.evaluationInterval, stopping.signal, () => {
        watched.evaluate(Date.now());
      }),
    ]);
  monitor = new Monitor(configuration);
  secondHand = new Monitor(configuration);
  const monitoringApi = await serveMonitor();
  const timeoutMs = scrapeTimeoutMs(alerts.scrapeInterval);
  const watching = [
    watch(monitor, podScraper(timeoutMs)),
    watch(
      secondHand,
      prometheusSource({
        url: `http://127.0.0.1:${prometheusPort}`,
        service,
        timeoutMs,
        maxAgeMs: 3 * alerts.scrapeInterval,
      }),
    ),
  ];
  cleanUps.push(async () => {
    stopping.abort();
    await Promise.all([traffic, ...watching]);
  });

  const { prometheus, alertmanager } = await provideTools(['prometheus', 'alertmanager'], {
    environment: readEnvironment(),
    onProgress: (line) => process.stderr.write(`${line}\n`),
  });
  const write = async (name: string, text: string): Promise<string> => {
    const file = path.join(folder, name);
    await writeFile(file, text);
    return file;
  };
  const yaml = (name: string, content: object) =>
    write(name, generatedYaml(configuration, content));
  const alertmanagerFile = await yaml(
    'alertmanager.yml',
    alertmanagerConfig(configuration.alerts, {
      webhookUrl: await startReceiver(),
      tokenFile: await write('token', 'secret'),
    }),
  );
  const prometheusFile = await yaml(
    'prometheus.yml',
    prometheusConfig(configuration, {
      rulesFile: await yaml('rules.yml', prometheusRules(configuration)),
      alertmanager: `127.0.0.1:${alertmanagerPort}`,
      monitoringApi,
      podsFile: await write(
        'pods.json',
        JSON.stringify([
          { targets: [monitored.address], labels: { namespace: 'supply-chain', pod } },
        ]),
      ),
    }),
  );
  await mkdir(path.join(folder, 'alerts'));
  run(alertmanager, [
    `--config.file=${alertmanagerFile}`,
    `--storage.path=${path.join(folder, 'alerts')}`,
    `--web.listen-address=127.0.0.1:${alertmanagerPort}`,
    '--cluster.listen-address=',
  ]);
  run(prometheus, [
    `--config.file=${prometheusFile}`,
    `--storage.tsdb.path=${path.join(folder, 'metrics')}`,
    `--web.listen-address=127.0.0.1:${prometheusPort}`,
  ]);
}, 30 * 60_000);

afterAll(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp();
});

function run(program: string, args: readonly string[]): void {
  const child = execa(program, args, { reject: false, all: true, buffer: false });
  cleanUps.push(async () => {
    child.kill('SIGTERM');
    await child;
  });
}

async function sendTraffic(monitored: MonitoredService, signal: AbortSignal): Promise<void> {
  let sent = 0;
  await every(20, signal, () => {
    sent += 1;
    monitored.reads.record(sent % 10 < failing * 10 ? 503 : 200, 0.02);
  });
}

async function serveMonitor(): Promise<string> {
  const registry = new MetricsRegistry();
  const now = () => Date.now();
  registerFleetMetrics(registry, monitor, now);
  const server = await serve(monitoringRoutes({ monitor, registry, now }), {
    host: '127.0.0.1',
    port: 0,
    readiness: new Readiness(),
    logger: silent,
    drainMs: 0,
  });
  cleanUps.push(() => server.stop());
  return `127.0.0.1:${server.port}`;
}

async function startReceiver(): Promise<string> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const payload = JSON.parse(body) as WebhookPayload;
      received.push({ authorization: request.headers.authorization, payload });
      response.writeHead(202).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/alertmanager`;
}

/** Name and status of every alert that came last over the webhook. */
const latest = (): Map<string, string> =>
  new Map(
    received.flatMap(({ payload }) =>
      payload.alerts.map(({ labels, status }): [string, string] => [
        labels['alertname'] ?? '',
        status,
      ]),
    ),
  );
const own = (state: 'firing' | 'resolved', of = monitor) =>
  of
    .alerts()
    .filter((alert) => alert.state === state)
    .map(({ labels }) => labels);

test('Prometheus and Alertmanager raise and end the same alerts as monitoring-api, whether it asks the pods or Prometheus', async () => {
  const isWell = (of: Monitor) => of.health(service, Date.now(), null).status === 'ok';
  await eventually(
    'all objectives are proven well',
    () => (isWell(monitor) && isWell(secondHand) ? true : undefined),
    30_000,
  );
  expect(received).toEqual([]);

  failing = 0.3;
  await eventually(
    'all have raised the alerts of the error rate',
    () =>
      own('firing').length === 3 && own('firing', secondHand).length === 3 && latest().size === 3
        ? true
        : undefined,
    40_000,
  );
  const { authorization, payload } = received.at(-1)!;
  expect(authorization).toBe('Bearer secret');
  expect(payload.groupLabels).toEqual({ service: 'inventory', slo: 'error-rate' });
  const byName = (one: Record<string, string>, other: Record<string, string>) =>
    (one['alertname'] ?? '') < (other['alertname'] ?? '') ? -1 : 1;
  expect(payload.alerts.map(({ labels }) => ({ ...labels })).sort(byName)).toEqual(
    own('firing').sort(byName),
  );

  failing = 0;
  await eventually(
    'all have ended the alert of the fast burn',
    () =>
      latest().get('ErrorRateFastBurn') === 'resolved' &&
      [...own('firing'), ...own('firing', secondHand)].every(
        ({ alertname }) => alertname !== 'ErrorRateFastBurn',
      )
        ? true
        : undefined,
    60_000,
  );
  // Neither has anything to say about what was well all the time.
  expect([...latest().keys()].every((name) => name.startsWith('ErrorRate'))).toBe(true);
});
