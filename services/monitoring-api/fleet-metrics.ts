import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import { latencyBucketsMs } from '../../configuration/latency-buckets.js';
import type { ServiceHealth } from '../../activities/contracts/monitoring.contract.js';
import type { Monitor } from './monitor.js';
import { bucketCount, counterAt } from './parse-exposition.js';

const sloStates = ['ok', 'breached', 'unproven'] as const;

/** Registers what the monitor knows of each service, read at each scrape. Answers the counter of alert deliveries. */
export function registerFleetMetrics(
  registry: Registry,
  monitor: Monitor,
  now: () => number,
): Counter<'result'> {
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Counter({ name, help, labelNames, registers });
  const gauge = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    new Gauge({ name, help, labelNames, registers });

  // Registered first, so that it is asked first: it fills all the others, reading each service once per scrape.
  new Gauge({
    name: 'monitor_services',
    help: 'Services under care.',
    registers,
    collect() {
      collect();
      this.set(monitor.serviceNames.length);
    },
  });

  const requests = counter(
    'service_requests_total',
    'Requests answered by all pods of a service since the monitor started.',
    ['service', 'kind', 'result'],
  );
  const buckets = counter(
    'service_request_duration_seconds_bucket',
    'Requests of a service at most this slow; cumulative, le="+Inf" holds all.',
    ['service', 'le'],
  );
  const probes = counter('probe_requests_total', 'Outside-in probes of a service.', [
    'service',
    'result',
  ]);
  const value = gauge('slo_value', 'p95 in milliseconds, or percent; absent without data.', [
    'service',
    'slo',
  ]);
  const threshold = gauge('slo_threshold', 'Objective, in the unit of slo_value.', [
    'service',
    'slo',
  ]);
  const burnRate = gauge('slo_burn_rate', 'Burn rate in the verdict window; absent without data.', [
    'service',
    'slo',
  ]);
  const budgetLeft = gauge('slo_budget_left', 'Share of the budget left; absent without data.', [
    'service',
    'slo',
  ]);
  const state = gauge('slo_state', '1 for the state the SLO is in now.', [
    'service',
    'slo',
    'state',
  ]);
  const podsUp = gauge('service_pods_up', 'Pods whose last scrape worked.', ['service']);
  const podsInMode = gauge('service_pods_in_mode', 'Pods that obey an operating mode.', [
    'service',
    'mode',
  ]);
  const refusedFlags = gauge('service_flags_refused', 'Flag files that some pod refuses.', [
    'service',
  ]);
  const refusedRequests = gauge(
    'service_requests_refused',
    'Requests refused on purpose in the verdict window.',
    ['service', 'why'],
  );
  const backlogAge = gauge(
    'service_backlog_oldest_seconds',
    'Age of the oldest waiting work of a service with a queue; absent when it is not known.',
    ['service'],
  );
  const backlogLimit = gauge('service_backlog_limit_seconds', 'How old waiting work may become.', [
    'service',
  ]);
  const firing = gauge('monitor_alert_firing', '1 while the alert fires.', [
    'alertname',
    'service',
  ]);
  new Gauge({
    name: 'monitor_configuration_refused',
    help: '1 while a changed alerts.yml is not in force because it is faulty.',
    registers,
    collect() {
      this.set(monitor.configuration.fault === null ? 0 : 1);
    },
  });
  const deliveries = counter('monitor_alert_deliveries_total', 'Alert groups sent to receivers.', [
    'result',
  ]);
  deliveries.inc({ result: 'delivered' }, 0);
  deliveries.inc({ result: 'failed' }, 0);

  function collect(): void {
    for (const metric of [requests, buckets, probes, value, burnRate, budgetLeft, firing]) {
      metric.reset();
    }
    for (const metric of [podsInMode, refusedFlags, refusedRequests, backlogAge]) metric.reset();
    const at = now();
    for (const service of monitor.serviceNames) {
      const { counters, probes: asked, failedProbes } = monitor.store(service).totals();
      const count = (index: number): number => counters[index] ?? 0;
      const split = (kind: string, all: number, failed: number): void => {
        requests.inc({ service, kind, result: 'error' }, count(failed));
        requests.inc({ service, kind, result: 'ok' }, count(all) - count(failed));
      };
      split('read', counterAt.reads, counterAt.readErrors);
      split('write', counterAt.writes, counterAt.writeErrors);
      for (let index = 0; index < bucketCount; index += 1) {
        const boundMs = latencyBucketsMs[index];
        const le = boundMs === undefined ? '+Inf' : String(boundMs / 1_000);
        buckets.inc({ service, le }, count(counterAt.buckets + index));
      }
      probes.inc({ service, result: 'failed' }, failedProbes);
      probes.inc({ service, result: 'ok' }, asked - failedProbes);

      const health = monitor.health(service, at, null);
      podsUp.set({ service }, health.pods.filter(({ up }) => up).length);
      tellModes(service, health.modes);
      tellBacklog(service, health.backlog);
      for (const reading of health.slos) {
        const labels = { service, slo: reading.slo };
        threshold.set(labels, reading.threshold);
        if (reading.value !== null) value.set(labels, reading.value);
        if (reading.burnRate !== null) burnRate.set(labels, reading.burnRate);
        if (reading.budgetLeft !== null) budgetLeft.set(labels, reading.budgetLeft);
        for (const name of sloStates) {
          state.set({ ...labels, state: name }, reading.state === name ? 1 : 0);
        }
      }
    }
    for (const { name: alertname, service, state: ruleState } of monitor.rules()) {
      firing.set({ alertname, service }, ruleState === 'firing' ? 1 : 0);
    }
  }
  function tellModes(service: string, modes: ServiceHealth['modes']): void {
    if (!modes) return;
    for (const mode of ['read-only', 'shed', 'isolated'] as const) {
      const on = modes.inForce.filter((one) => one.mode === mode).map(({ pods }) => pods);
      // Pods may obey the same mode with different ends, and several isolations at a time.
      const pods = mode === 'isolated' ? Math.max(0, ...on) : on.reduce((sum, one) => sum + one, 0);
      podsInMode.set({ service, mode }, pods);
    }
    refusedFlags.set({ service }, new Set(modes.refusedFlags.map(({ file }) => file)).size);
    for (const { why, requests } of modes.refusedRequests) {
      refusedRequests.set({ service, why }, requests);
    }
  }
  function tellBacklog(service: string, backlog: ServiceHealth['backlog']): void {
    if (!backlog) return;
    backlogLimit.set({ service }, backlog.limitSeconds);
    if (backlog.oldestSeconds !== null) backlogAge.set({ service }, backlog.oldestSeconds);
  }
  return deliveries;
}
