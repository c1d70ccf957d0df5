import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type {
  MonitoringActivities,
  ServiceHealth,
  SloReading,
  Verdict,
  WatchVerdictInput,
} from '../../activities/contracts/monitoring.contract.js';
import { createMonitoringActivities } from '../../activities/monitoring/create-monitoring-activities.js';
import { createMonitoringClient } from '../../activities/monitoring/monitoring-client.js';
import { eventually } from '../support/eventually.js';

/** What the monitor answers next, and what it was asked. */
let answer: (url: URL) => { status?: number; body: unknown } | 'silence';
let asked: URL[];
let server: Server;
let activities: MonitoringActivities;

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://monitor');
    asked.push(url);
    const next = answer(url);
    if (next === 'silence') return;
    const text = typeof next.body === 'string' ? next.body : JSON.stringify(next.body);
    response.writeHead(next.status ?? 200).end(text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  activities = createMonitoringActivities({
    client: createMonitoringClient({ url, timeoutMs: 300 }),
  });
});

afterEach(() => {
  server.close();
  server.closeAllConnections();
});

describe('reading health', () => {
  test('asks for each service in turn order and for what came after an instant', async () => {
    answer = (url) => healthOf(url.searchParams.get('service') ?? '', 'ok');
    const since = '2026-11-24T10:00:00.000Z';

    const health = await activities.readHealth({ services: ['shop', 'bank'], since });

    expect(health.map(({ service }) => service)).toEqual(['shop', 'bank']);
    expect(asked.map((url) => url.searchParams.get('since'))).toEqual([since, since]);
  });

  test('drops what it does not know and refuses what it does not understand', async () => {
    answer = () => ({ body: { services: [{ ...health('shop', 'ok'), novelty: 1 }], extra: 1 } });
    expect(await activities.readHealth({ services: ['shop'] })).toEqual([
      { ...health('shop', 'ok'), at: expect.any(String) },
    ]);
    answer = () => ({ body: { services: [{ ...health('shop', 'ok'), status: 'splendid' }] } });
    await expect(activities.readHealth({ services: ['shop'] })).rejects.toMatchObject({
      type: 'MonitoringUnavailable',
      message: expect.stringContaining('services.0.status'),
    });
  });

  test.each([
    ['an error', () => ({ status: 500, body: {} }), 'monitoring answered 500'],
    ['no JSON', () => ({ body: '<html>' }), 'not valid JSON'],
    ['silence', () => 'silence' as const, 'no answer within 300 ms'],
  ])('is tried again after %s', async (_what, next, cause) => {
    answer = next;
    await expect(activities.readHealth({ services: ['shop'] })).rejects.toMatchObject({
      type: 'MonitoringUnavailable',
      nonRetryable: false,
      message: expect.stringContaining(cause),
    });
  });

  test('says why when nobody listens', async () => {
    const client = createMonitoringClient({ url: 'http://127.0.0.1:1' });
    await expect(client.readHealth('shop', undefined)).rejects.toMatchObject({
      message: expect.stringMatching(/^could not read health of service shop: .+/),
    });
  });

  test('is not tried again for a service the monitor does not know', async () => {
    answer = () => ({ status: 404, body: { detail: 'no service "shop"' } });
    await expect(activities.readHealth({ services: ['shop'] })).rejects.toMatchObject({
      type: 'InvalidQuery',
      nonRetryable: true,
    });
  });
});

test('active alerts are those of the service that are pending or firing', async () => {
  const alert = (service: string, state: string) => ({
    alertname: 'FastBurn',
    service,
    slo: 'error-rate',
    severity: 'critical',
    state,
    since: '2026-11-24T10:00:00Z',
    summary: 'burning',
  });
  answer = () => ({
    body: {
      active: [
        alert('shop', 'firing'),
        alert('shop', 'pending'),
        alert('shop', 'resolved'),
        alert('bank', 'firing'),
        { ...alert('shop', 'firing'), alertname: 'MonitoringBlind', slo: null },
      ],
      rules: [],
    },
  });
  const alerts = await activities.readActiveAlerts({ service: 'shop' });
  expect(alerts.map(({ service, state, slo }) => [service, state, slo])).toEqual([
    ['shop', 'firing', 'error-rate'],
    ['shop', 'pending', 'error-rate'],
    ['shop', 'firing', null],
  ]);
});

describe('watching for a verdict', () => {
  test('says recovered once the proof has held', async () => {
    answer = () => healthOf('shop', 'ok');
    const verdict = await watch({ holdForMs: 200 });
    expect(verdict).toMatchObject({ kind: 'recovered', service: 'shop' });
    expect(verdict.heldForMs).toBeGreaterThanOrEqual(200);
  });

  test('says not-recovered when the breach stands at the deadline', async () => {
    answer = () => healthOf('shop', 'breached');
    expect(await watch({ withinMs: 300 })).toMatchObject({ kind: 'not-recovered' });
  });

  test('says unproven when monitoring is blind', async () => {
    answer = () => ({ status: 503, body: {} });
    expect(await watch({ withinMs: 300 })).toMatchObject({ kind: 'unproven', slos: [] });
  });

  test('fails at once when the question itself is wrong', async () => {
    answer = () => ({ status: 422, body: { detail: 'since is not an instant' } });
    await expect(watch({})).rejects.toMatchObject({ type: 'InvalidQuery' });
  });

  test('goes on with the hold of the attempt before it', async () => {
    answer = () => healthOf('shop', 'ok');
    const first = attempt();
    const beats: unknown[] = [];
    first.on('heartbeat', (details: unknown) => beats.push(details));
    const input = watchInput({ holdForMs: 60_000 });
    const dying = first.run(activities.watchVerdict, input).catch(() => undefined);
    const heldBefore = await eventually('the first attempt has held a while', () =>
      beats.length > 5 ? (beats.at(-1) as { provenFrom: string }) : undefined,
    );
    first.cancel();
    await dying;

    const next: Promise<Verdict> = attempt(heldBefore).run(activities.watchVerdict, {
      ...input,
      holdForMs: 400,
    });
    const verdict = await next;

    expect(verdict.kind).toBe('recovered');
    const provenFrom = Date.parse(verdict.decidedAt) - verdict.heldForMs;
    // The hold began with the first attempt.
    expect(Math.abs(provenFrom - Date.parse(heldBefore.provenFrom))).toBeLessThan(50);
  });

  test('stops when it is cancelled', async () => {
    answer = () => healthOf('shop', 'unproven');
    const environment = attempt();
    const outcome = environment
      .run(activities.watchVerdict, watchInput({}))
      .catch((error: unknown) => error);
    await eventually('it asks', () => (asked.length > 0 ? true : undefined));
    environment.cancel();
    expect(await outcome).toMatchObject({ name: 'CancelledFailure' });
  });
});

function attempt(heartbeatDetails?: unknown): MockActivityEnvironment {
  return new MockActivityEnvironment(
    { heartbeatTimeoutMs: 3_000, heartbeatDetails },
    { logger: new DefaultLogger('ERROR') },
  );
}

interface WatchOptions {
  readonly holdForMs?: number;
  readonly withinMs?: number;
}

function watchInput({ holdForMs = 60_000, withinMs = 20_000 }: WatchOptions): WatchVerdictInput {
  return {
    service: 'shop',
    since: '2026-11-24T10:00:00.000Z',
    holdForMs,
    pollMs: 20,
    deadline: new Date(Date.now() + withinMs).toISOString(),
  };
}

function watch(options: WatchOptions): Promise<Verdict> {
  return attempt().run(activities.watchVerdict, watchInput(options));
}

function healthOf(service: string, state: SloReading['state']) {
  return { body: { status: 'ok', services: [health(service, state)] } };
}

function health(service: string, state: SloReading['state']): ServiceHealth {
  const slo: SloReading = {
    service,
    slo: 'error-rate',
    state,
    value: 2,
    threshold: 1,
    unit: 'percent',
    from: '2026-11-24T10:00:00.000Z',
    windowMs: 10_000,
    samples: 400,
    minSamples: 300,
    budgetLeft: null,
    burnRate: null,
  };
  return {
    service,
    status: 'ok',
    at: new Date().toISOString(),
    slos: [slo],
    breachedSince: null,
    pods: [],
    requestRate: 40,
    writes: { requests: 1, errors: 0 },
    reads: null,
  };
}
