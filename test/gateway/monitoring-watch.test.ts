import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { loadConfiguration } from '../../configuration/load-configuration.js';
import { Monitor } from '../../services/monitoring-api/monitor.js';
import { probe } from '../../services/monitoring-api/probe.js';
import { podScraper, scrape, scrapeTimeoutMs } from '../../services/monitoring-api/scrape.js';
import type { DiscoveredPod } from '../../services/monitoring-api/service-store.js';
import type { PodSignal } from '../../services/monitoring-api/signal-log.js';
import { watchService } from '../../services/monitoring-api/watch-service.js';
import { createLogger } from '../../services/shared/telemetry/logger.js';
import type { Signal } from '../../services/shared/telemetry/signal-ring.js';
import { eventually } from '../support/eventually.js';
import { startMonitoredService } from '../support/monitored-service.js';
import type { MonitoredService } from '../support/monitored-service.js';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function startPod(): Promise<MonitoredService> {
  const service = await startMonitoredService();
  cleanUps.push(service.stop);
  return service;
}

const asPod = (name: string, { address }: MonitoredService): DiscoveredPod => ({
  name,
  templateHash: 'abc',
  createdAt: null,
  ready: true,
  address,
});

/** Watches with intervals of tens of milliseconds; `pods` is asked like the API server would be. */
function watch(pods: () => DiscoveredPod[], url: string) {
  const configuration = loadConfiguration(['configuration', 'configuration/local']);
  const alerts = {
    ...configuration.alerts,
    scrapeInterval: 50,
    probeInterval: 20,
    probeTimeout: 1_000,
    verdictWindow: 1_000,
    minimumSamples: { latency: 5, errorRate: 5, availability: 5 },
  };
  const monitor = new Monitor({ ...configuration, alerts });
  const stopping = new AbortController();
  const collected: PodSignal[] = [];
  const warnings: string[] = [];
  const watching = watchService({
    service: 'inventory',
    settings: { url, probePath: '/readyz' },
    alerts,
    pods: { list: () => Promise.resolve().then(pods) },
    metrics: podScraper(scrapeTimeoutMs(alerts.scrapeInterval)),
    store: monitor.store('inventory'),
    signals: monitor.signals('inventory'),
    token: null,
    onSignals: (signals) => collected.push(...signals),
    logger: createLogger({
      name: 'test',
      level: 'warn',
      destination: { write: (line) => warnings.push(line) },
    }),
    signal: stopping.signal,
  });
  cleanUps.push(async () => {
    stopping.abort();
    await watching;
  });
  return Object.assign(() => monitor.health('inventory', Date.now(), null), {
    log: monitor.signals('inventory'),
    collected,
    warnings,
  });
}

describe('watchService', () => {
  test('scrapes every pod and probes the service until all objectives are proven', async () => {
    const [one, other] = [await startPod(), await startPod()];
    const health = watch(
      () => [asPod('pod-1', one), asPod('pod-2', other)],
      `http://${one.address}`,
    );
    const proven = await eventually('every objective is proven', () => {
      one.reads.record(200, 0.02);
      other.writes.record(503, 0.9);
      return health().slos.every(({ state }) => state !== 'unproven') ? health() : undefined;
    });
    expect(proven.slos[2]?.state).toBe('ok');
    expect(proven.slos[1]?.state).toBe('breached');
    expect(proven.reads?.errors).toBe(0);
    expect(proven.writes?.errors).toBe(proven.writes?.requests);
    expect(
      proven.pods.map(({ pod, up, memoryBytes }) => [pod, up, (memoryBytes ?? 0) > 0]),
    ).toEqual([
      ['pod-1', true, true],
      ['pod-2', true, true],
    ]);
  });

  test('sees a pod that hangs, and goes on scraping the others', async () => {
    const [hanging, healthy] = [await startPod(), await startPod()];
    const health = watch(
      () => [asPod('pod-1', hanging), asPod('pod-2', healthy)],
      `http://${healthy.address}`,
    );
    await eventually('both pods are up', () =>
      health().pods.filter(({ up }) => up).length === 2 ? true : undefined,
    );
    hanging.status = null;
    const seen = await eventually('the silence of a pod is noticed', () => {
      healthy.reads.record(200, 0.02);
      return health().slos[0]?.reason?.includes('no metrics') === true ? health() : undefined;
    });
    expect(seen.slos[0]?.reason).toBe('no metrics from ready pods pod-1');
    expect(seen.pods.map(({ up }) => up)).toEqual([false, true]);
  });

  test('tells once of a pod that fails, and again only when it was gone meanwhile', async () => {
    const pod = await startPod();
    const failing = { ...asPod('pod-1', pod), address: '127.0.0.1:1' };
    let pods = [failing];
    const health = watch(() => pods, `http://${pod.address}`);
    const told = () => health.warnings.filter((line) => line.includes('pod-1')).length;
    await eventually('the failure is told', () => (told() === 1 ? true : undefined));
    pods = [];
    await eventually('the pod is gone', () => (health().pods.length === 0 ? true : undefined));
    pods = [failing];
    await eventually('the failure is told again', () => (told() === 2 ? true : undefined));
  });

  test('goes on with the pods it knows while the API server cannot be asked', async () => {
    const pod = await startPod();
    let reachable = true;
    const health = watch(() => {
      if (!reachable) throw new Error('connection refused');
      return [asPod('pod-1', pod)];
    }, `http://${pod.address}`);
    await eventually('the pod is up', () => (health().pods[0]?.up === true ? true : undefined));
    reachable = false;
    await eventually('requests after the loss are counted', () => {
      pod.reads.record(200, 0.02);
      return health().slos[0]?.state === 'ok' ? true : undefined;
    });
  });

  test('proves the outage of a service whose pods are gone', async () => {
    const health = watch(() => [], 'http://127.0.0.1:1');
    await eventually('availability is proven breached', () =>
      health().slos[2]?.state === 'breached' ? true : undefined,
    );
    expect(health().status).toBe('critical');
    expect(health().slos[0]?.reason).toBe('no pod found');
  });
});

describe('signals of pods', () => {
  const failure = (requestId: string): Signal => ({
    at: new Date().toISOString(),
    severity: 'error',
    kind: 'span',
    method: 'POST',
    route: '/orders',
    status: 500,
    durationMs: 12.5,
    tenant: 'acme',
    warehouse: 'north',
    requestId,
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    spanId: '00f067aa0ba902b7',
    message: null,
  });
  const ids = (signals: readonly PodSignal[]) =>
    signals.map(({ pod, requestId }) => `${pod} ${requestId ?? ''}`);

  test('are collected from all pods, each once, and outlive their pod', async () => {
    const [one, other] = [await startPod(), await startPod()];
    let pods = [asPod('pod-1', one), asPod('pod-2', other)];
    const { log, collected } = watch(() => pods, `http://${one.address}`);
    one.signals.add(failure('a'));
    other.signals.add(failure('b'));
    await eventually('both are known', () => (log.find({}).length === 2 ? true : undefined));
    one.signals.add(failure('c'));
    await eventually('the third too', () => (log.find({}).length === 3 ? true : undefined));
    expect(ids(collected).sort()).toEqual(['pod-1 a', 'pod-1 c', 'pod-2 b']);
    pods = [asPod('pod-2', other)];
    await eventually('the pod is gone', () =>
      log.cursorOf('pod-1') === undefined ? true : undefined,
    );
    expect(ids(log.find({}).map(({ signal }) => signal)).sort()).toEqual([
      'pod-1 a',
      'pod-1 c',
      'pod-2 b',
    ]);
    expect(log.unanswered()).toEqual([]);
  });

  test('name the pod that does not answer', async () => {
    const [hanging, healthy] = [await startPod(), await startPod()];
    const { log } = watch(
      () => [
        asPod('pod-1', hanging),
        asPod('pod-2', healthy),
        { ...asPod('pod-3', healthy), address: null },
      ],
      `http://${healthy.address}`,
    );
    hanging.status = null;
    await eventually('the silence is named', () =>
      log.unanswered()[0]?.reason.includes('no answer within') === true ? true : undefined,
    );
    expect(log.unanswered()).toEqual([
      {
        service: 'inventory',
        pod: 'pod-1',
        reason: `could not read signals of ${hanging.address}: no answer within 45 ms`,
      },
      { service: 'inventory', pod: 'pod-3', reason: 'it has no address yet' },
    ]);
  });
});

describe('probe', () => {
  test('takes 2xx as success and all else as failure', async () => {
    const pod = await startPod();
    const url = new URL(`http://${pod.address}/readyz`);
    expect(await probe(url, 1_000)).toBe('ok');
    pod.status = 204;
    expect(await probe(url, 1_000)).toBe('ok');
    pod.status = 503;
    expect(await probe(url, 1_000)).toBe('failed');
    pod.status = 302;
    expect(await probe(url, 1_000)).toBe('failed');
    pod.status = null;
    expect(await probe(url, 50)).toBe('failed');
    await pod.stop();
    cleanUps.splice(0);
    expect(await probe(url, 1_000)).toBe('failed');
  });

  test('fails on an answer that is cut short', async () => {
    const server = createServer((socket) => {
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanUps.push(() => {
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    expect(await probe(new URL(`http://127.0.0.1:${port}/`), 1_000)).toBe('failed');
  });

  test('concludes nothing from its own standstill', async () => {
    const pod = await startPod();
    pod.status = null;
    const result = probe(new URL(`http://${pod.address}/readyz`), 50);
    const until = performance.now() + 120;
    while (performance.now() < until);
    expect(await result).toBe('void');
  });
});

describe('scrape', () => {
  test('says what is wrong with a pod', async () => {
    const pod = await startPod();
    pod.status = null;
    await expect(scrape(pod.address, 50)).rejects.toThrow(
      `could not scrape ${pod.address}: no answer within 50 ms`,
    );
    await expect(scrape('127.0.0.1:1', 1_000)).rejects.toThrow(/could not scrape 127.0.0.1:1: /);
  });
});
