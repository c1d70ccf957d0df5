import { describe, expect, test } from '@jest/globals';
import { registerFleetMetrics } from '../../../../services/monitoring-api/fleet-metrics.js';
import { monitoringRoutes } from '../../../../services/monitoring-api/monitoring.routes.js';
import { createApi } from '../../../../services/shared/http/create-api.js';
import { Readiness } from '../../../../services/shared/http/health-routes.js';
import { createLogger } from '../../../../services/shared/telemetry/logger.js';
import { MetricsRegistry } from '../../../../services/shared/telemetry/metrics-registry.js';
import type { Signal } from '../../../../services/shared/telemetry/signal-ring.js';
import { FedMonitor } from '../../../support/fed-monitor.js';
import type { Traffic } from '../../../support/fed-monitor.js';

const healthy = { 'api-old-a': { reads: 40, writes: 10 } };
const failing = { ...healthy, 'api-new-a': { reads: 40, writes: 10, writeErrors: 10 } };

function serve() {
  const fed = new FedMonitor();
  const registry = new MetricsRegistry();
  const now = () => fed.now;
  registerFleetMetrics(registry, fed.monitor, now);
  const api = createApi({
    title: 'monitoring-api',
    release: 'test',
    readiness: new Readiness(),
    registry,
    logger: createLogger({ name: 'test', level: 'silent' }),
    faults: null,
    routes: monitoringRoutes({ monitor: fed.monitor, registry, now }),
  });
  const get = async (path: string) => {
    const response = await api.request(path);
    const text = await response.text();
    return { status: response.status, text, json: () => JSON.parse(text) as unknown };
  };
  return { fed, get };
}

describe('GET /monitoring/health', () => {
  test('answers for every service, the worst status first of all', async () => {
    const { fed, get } = serve();
    fed.seconds(6, failing);
    const { status, json } = await get('/monitoring/health');
    expect(status).toBe(200);
    expect(json()).toMatchObject({
      status: 'critical',
      sloStatuses: [
        { service: 'inventory', slo: 'latency-p95', state: 'ok' },
        { service: 'inventory', slo: 'error-rate', state: 'breached', value: 10 },
        { service: 'inventory', slo: 'availability', state: 'ok', value: 100 },
        { service: 'outbound', slo: 'latency-p95', state: 'unproven', threshold: 750 },
        { service: 'outbound', slo: 'error-rate', state: 'unproven' },
        { service: 'outbound', slo: 'availability', state: 'unproven' },
      ],
      services: [
        { service: 'inventory', status: 'critical' },
        { service: 'outbound', status: 'unproven' },
      ],
    });
  });

  test('answers for the services asked, repeated or comma-separated', async () => {
    const { get } = serve();
    const names = async (query: string) =>
      (
        (await get(`/monitoring/health?${query}`)).json() as { services: { service: string }[] }
      ).services.map(({ service }) => service);
    expect(await names('service=outbound')).toEqual(['outbound']);
    expect(await names('service=outbound,inventory')).toEqual(['outbound', 'inventory']);
    expect(await names('service=outbound&service=inventory')).toEqual(['outbound', 'inventory']);
  });

  test('proves nothing before a verdict window has passed since the given instant', async () => {
    const { fed, get } = serve();
    fed.seconds(6, healthy);
    const since = new Date(fed.now - 1_000).toISOString();
    expect((await get(`/monitoring/health?service=inventory&since=${since}`)).json()).toMatchObject(
      { status: 'unproven', sloStatuses: [{ from: since, windowMs: 1_000 }, {}, {}] },
    );
  });

  test('refuses an unknown service and a time that is none', async () => {
    const { get } = serve();
    const unknown = await get('/monitoring/health?service=shop');
    expect(unknown.status).toBe(404);
    expect(unknown.json()).toMatchObject({ detail: 'no service shop; known: inventory, outbound' });
    expect((await get('/monitoring/health?since=yesterday')).status).toBe(422);
  });
});

describe('GET /monitoring/alerts', () => {
  test('shows active alerts and the last evaluation of every rule', async () => {
    const { fed, get } = serve();
    fed.seconds(12, failing);
    const { json } = await get('/monitoring/alerts');
    const { active, rules } = json() as { active: object[]; rules: object[] };
    expect(active).toEqual([
      {
        alertname: 'ErrorRateFastBurn',
        service: 'inventory',
        slo: 'error-rate',
        severity: 'critical',
        state: 'firing',
        since: '2026-01-01T00:00:02.000Z',
        summary: 'inventory: requests answered 5xx 10 % in 10s, 10 % in 3s; 1 % allowed',
      },
      expect.objectContaining({ alertname: 'ErrorRateMediumBurn' }),
      expect.objectContaining({ alertname: 'ErrorRateBreach', severity: 'warning' }),
      {
        alertname: 'MonitoringBlind',
        service: 'outbound',
        slo: null,
        severity: 'warning',
        state: 'pending',
        since: '2026-01-01T00:00:01.000Z',
        summary: 'outbound: not all is seen: no pod found; no probe has ended yet',
      },
    ]);
    expect(rules).toHaveLength(21);
    expect(rules).toContainEqual({
      name: 'MonitoringBlind',
      service: 'outbound',
      slo: null,
      severity: 'warning',
      automation: 'manual',
      limit: null,
      unit: null,
      windows: null,
      state: 'pending',
      since: '2026-01-01T00:00:01.000Z',
      lastEvaluation: { at: '2026-01-01T00:00:12.000Z', long: null, short: null },
      note: 'no pod found; no probe has ended yet',
    });
    expect(rules).toContainEqual({
      name: 'ErrorRateFastBurn',
      service: 'inventory',
      slo: 'error-rate',
      severity: 'critical',
      automation: 'allowed',
      limit: 6,
      unit: 'burn-rate',
      windows: { longMs: 10_000, shortMs: 3_000 },
      state: 'firing',
      since: '2026-01-01T00:00:02.000Z',
      lastEvaluation: { at: '2026-01-01T00:00:12.000Z', long: 10, short: 10 },
    });
    expect(rules).toContainEqual(
      expect.objectContaining({
        name: 'LatencyP95FastBurn',
        service: 'outbound',
        state: 'inactive',
        note: '0 samples in the long window, 20 needed',
      }),
    );
  });

  test('shows an alert as resolved for a while after the burn', async () => {
    const { fed, get } = serve();
    fed.seconds(4, failing);
    fed.seconds(15, healthy);
    const { active } = (await get('/monitoring/alerts')).json() as {
      active: { alertname: string; state: string }[];
    };
    expect(active.find(({ alertname }) => alertname === 'ErrorRateFastBurn')?.state).toBe(
      'resolved',
    );
  });
});

describe('GET /monitoring/series', () => {
  test('answers one point per evaluation, null where nothing was known', async () => {
    const { fed, get } = serve();
    fed.second(healthy);
    const from = new Date(fed.now).toISOString();
    fed.seconds(2, failing);
    const to = new Date(fed.now).toISOString();
    fed.second(failing);
    const { json } = await get(`/monitoring/series?service=inventory&from=${from}&to=${to}`);
    const { series } = json() as { series: { slo: string; points: object[] }[] };
    expect(series.map(({ slo }) => slo)).toEqual(['latency-p95', 'error-rate', 'availability']);
    expect(series[1]).toEqual({
      service: 'inventory',
      slo: 'error-rate',
      unit: 'percent',
      threshold: 1,
      points: [
        { at: '2026-01-01T00:00:01.000Z', value: null },
        { at: '2026-01-01T00:00:02.000Z', value: 0 },
        { at: '2026-01-01T00:00:03.000Z', value: (10 * 100) / 150 },
      ],
    });
  });
});

describe('GET /monitoring/signals', () => {
  const signal = (at: string, more: Partial<Signal>): Signal => ({
    at: `2026-01-01T00:00:${at}.000Z`,
    severity: 'error',
    kind: 'span',
    method: 'POST',
    route: '/orders',
    status: 500,
    durationMs: 12.5,
    tenant: 'acme',
    warehouse: null,
    requestId: null,
    traceId: null,
    spanId: null,
    message: null,
    ...more,
  });
  const collect = (fed: FedMonitor): void => {
    fed.monitor.signals('inventory').record('api-1', {
      next: 'x.2',
      missed: 7,
      signals: [signal('01', { tenant: 'globex' }), signal('03', { severity: 'warning' })],
    });
    fed.monitor.signals('outbound').record('api-2', {
      next: 'y.1',
      missed: 0,
      signals: [signal('02', { kind: 'log', message: 'downstream is out' })],
    });
  };

  test('merges the signals of all pods, newest first', async () => {
    const { fed, get } = serve();
    collect(fed);
    fed.monitor.signals('inventory').updatePods(['api-1', 'api-3']);
    expect((await get('/monitoring/signals')).json()).toMatchObject({
      signals: [
        { at: '2026-01-01T00:00:03.000Z', service: 'inventory', pod: 'api-1', severity: 'warning' },
        { service: 'outbound', pod: 'api-2', kind: 'log', message: 'downstream is out' },
        { service: 'inventory', pod: 'api-1', method: 'POST', route: '/orders', status: 500 },
      ],
      unanswered: [{ service: 'inventory', pod: 'api-3', reason: 'not asked yet' }],
      missed: 7,
    });
  });

  test('answers for what is asked: service, severity, tenant, since, limit', async () => {
    const { fed, get } = serve();
    collect(fed);
    const seconds = async (query: string) =>
      (
        (await get(`/monitoring/signals?${query}`)).json() as { signals: { at: string }[] }
      ).signals.map(({ at }) => at.slice(17, 19));
    expect(await seconds('service=outbound')).toEqual(['02']);
    expect(await seconds('severity=error')).toEqual(['02', '01']);
    expect(await seconds('tenant=globex')).toEqual(['01']);
    expect(await seconds('since=2026-01-01T00:00:02Z')).toEqual(['03', '02']);
    expect(await seconds('limit=1')).toEqual(['03']);
    expect((await get('/monitoring/signals?limit=100000')).status).toBe(422);
  });

  test('keeps a bounded number of them', () => {
    const { fed } = serve();
    const log = fed.monitor.signals('inventory');
    for (let round = 0; round < 100; round += 1) {
      const signals = Array.from({ length: 2_000 }, () => signal('01', {}));
      log.record('api-1', { next: `x.${round}`, missed: 0, signals });
    }
    expect(log.find({})).toHaveLength(log.capacity);
  });

  test('names failing routes by revision, and pods that cannot be reached', async () => {
    const { fed, get } = serve();
    fed.seconds(5, failing);
    fed.second({ ...failing, 'api-old-a': 'unreachable' });
    expect((await get('/monitoring/signals?service=inventory')).json()).toMatchObject({
      signals: [],
      findings: [
        {
          service: 'inventory',
          kind: 'unreachable-pod',
          subject: 'api-old-a',
          templateHash: 'old',
          summary: 'no answer within 900 ms',
        },
        {
          kind: 'failing-route',
          subject: 'POST /orders',
          templateHash: 'new',
          requests: 50,
          errors: 50,
          summary: '50 of 50 requests answered 5xx',
        },
      ],
    });
  });
});

describe('modes', () => {
  const until = Date.parse('2026-01-01T00:30:00Z');
  const readOnly = { mode: 'read-only', until, isolation: null } as const;
  const flag = { file: 'shed.mode', reason: 'unknown value "off"' };
  const pods: Record<string, Traffic> = {
    'api-old-a': {
      reads: 40,
      refused: { 'read-only': [5, 0] },
      modes: { inForce: [readOnly], refusedFlags: [flag] },
    },
    'api-old-b': { reads: 40, modes: { inForce: [], refusedFlags: [flag] } },
  };

  test('are told with their end, the pods that obey, and what is refused; the status is what callers got', async () => {
    const { fed, get } = serve();
    fed.seconds(6, pods);
    const { services } = (await get('/monitoring/health?service=inventory')).json() as {
      services: object[];
    };
    expect(services).toEqual([
      expect.objectContaining({
        status: 'ok',
        reason: null,
        modes: {
          pods: 2,
          inForce: [
            {
              ...{ mode: 'read-only', until: '2026-01-01T00:30:00.000Z', isolation: null },
              ...{ pods: 1, notOn: ['api-old-b'] },
            },
          ],
          refusedFlags: [{ ...flag, pods: 2 }],
          refusedRequests: [{ why: 'read-only', requests: 20 }],
        },
      }),
    ]);
  });

  test('are findings and metrics, until their end', async () => {
    const { fed, get } = serve();
    fed.seconds(6, pods);
    const findings = async () =>
      (
        (await get('/monitoring/signals?service=inventory')).json() as {
          findings: { kind: string; subject: string; summary: string }[];
        }
      ).findings.map(({ kind, subject, summary }) => [kind, subject, summary]);
    const refused = [
      'refused-flag',
      'shed.mode',
      'not obeyed, on 2 of 2 pods: unknown value "off"',
    ];
    expect(await findings()).toEqual([
      refused,
      [
        'mode',
        'read-only',
        'read-only until 2026-01-01T00:30:00.000Z on 1 of 2 pods, not on api-old-b: 25 of 425 requests refused as read-only',
      ],
    ]);
    const lines = async () => (await get('/monitoring/metrics')).text.split('\n');
    expect(await lines()).toEqual(
      expect.arrayContaining([
        'service_pods_in_mode{service="inventory",mode="read-only"} 1',
        'service_pods_in_mode{service="inventory",mode="shed"} 0',
        'service_flags_refused{service="inventory"} 1',
        'service_requests_refused{service="inventory",why="read-only"} 20',
      ]),
    );
    fed.now = until;
    fed.second(pods);
    expect(await findings()).toEqual([refused]);
    expect(await lines()).toContain('service_pods_in_mode{service="inventory",mode="read-only"} 0');
  });

  test('of pods that tell of none are not known', async () => {
    const { fed, get } = serve();
    fed.seconds(6, healthy);
    expect((await get('/monitoring/health?service=inventory')).json()).toMatchObject({
      services: [{ modes: null, backlog: null }],
    });
  });
});

describe('GET /monitoring/metrics', () => {
  test('gives counters, histograms, objectives and alerts to Prometheus, zeros from the start', async () => {
    const { fed, get } = serve();
    expect((await get('/monitoring/metrics')).text).toContain(
      'probe_requests_total{service="outbound",result="failed"} 0',
    );
    fed.seconds(12, failing, { probes: [true, false] });
    const { text } = await get('/monitoring/metrics');
    for (const line of [
      'service_requests_total{service="inventory",kind="write",result="error"} 110',
      'service_requests_total{service="inventory",kind="read",result="ok"} 880',
      'service_request_duration_seconds_bucket{service="inventory",le="0.5"} 1100',
      'service_request_duration_seconds_bucket{service="inventory",le="+Inf"} 1100',
      'probe_requests_total{service="inventory",result="ok"} 12',
      'probe_requests_total{service="inventory",result="failed"} 12',
      'slo_value{service="inventory",slo="error-rate"} 10',
      'slo_threshold{service="outbound",slo="latency-p95"} 750',
      'slo_state{service="inventory",slo="error-rate",state="breached"} 1',
      'slo_state{service="outbound",slo="error-rate",state="unproven"} 1',
      'monitor_alert_firing{alertname="ErrorRateFastBurn",service="inventory"} 1',
      'monitor_alert_firing{alertname="ErrorRateFastBurn",service="outbound"} 0',
      'service_pods_up{service="inventory"} 2',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).not.toContain('slo_value{service="outbound"');
  });
});
