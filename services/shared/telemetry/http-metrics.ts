import type { Histogram, Registry } from 'prom-client';
import { latencyBucketsMs } from '../../../configuration/latency-buckets.js';
import type { Refusal } from '../flags/admission.js';
import { PartyCounts } from './party-counts.js';

/** Upper bounds in seconds. Each SLO threshold is a bound, so "slower than promised" is counted exactly. */
const durationBounds = latencyBucketsMs.map((ms) => ms / 1_000);

/** Series that exist before the first request, so that a first error is an increase from zero, not a new series. */
const statusesKnownAtStart = [200, 499, 500, 503] as const;

type RequestKind = 'read' | 'write';

/** What was counted of one method and route pattern: typed slots, written in nanoseconds, read only by a scrape. */
export interface RouteSeries {
  readonly method: string;
  readonly route: string;
  readonly kind: RequestKind;
  /** Counts one answered request. `status`: HTTP status, 100..599. `seconds`: from first byte read to headers ready. */
  record(status: number, seconds: number): void;
  /** Counts one request refused on purpose: neither answered nor failed as far as objectives go. */
  refuse(why: Refusal): void;
}

export interface HttpMetrics {
  /** The series of a method and pattern, created at zero when new. Callers pass known patterns only: that bounds it. */
  seriesFor(method: string, route: string): RouteSeries;
  /** Requests by tenant and by warehouse, of those heavy enough to have a name. */
  readonly tenants: PartyCounts;
  readonly warehouses: PartyCounts;
}

/**
 * Registers `http_requests_total{method,route,kind,status}`, `http_request_duration_seconds{method,route,kind}`,
 * `http_requests_refused_total{method,route,kind,why}`, `http_requests_by_tenant_total{tenant,result}` and
 * `http_requests_by_warehouse_total{warehouse,result}`.
 */
export function createHttpMetrics(registry: Registry): HttpMetrics {
  const all = new Map<string, CountedRoute>();

  register(registry, {
    name: 'http_requests_total',
    help: 'Requests answered, by route pattern and status.',
    type: 'counter',
    values: () => [...all.values()].flatMap(statusSamples),
  });
  register(registry, {
    name: 'http_request_duration_seconds',
    help: 'Time from reading a request to having its answer, by route pattern.',
    type: 'histogram',
    values: () => [...all.values()].flatMap(durationSamples),
  });

  register(registry, {
    name: 'http_requests_refused_total',
    help: 'Requests refused on purpose by an operating mode; not part of http_requests_total.',
    type: 'counter',
    values: () => [...all.values()].flatMap(refusedSamples),
  });

  const tenants = new PartyCounts();
  const warehouses = new PartyCounts();
  for (const [party, counts] of Object.entries({ tenant: tenants, warehouse: warehouses })) {
    register(registry, {
      name: `http_requests_by_${party}_total`,
      help: `Requests answered, by ${party}; those without a share worth a name together.`,
      type: 'counter',
      values: () => partySamples(party, counts),
    });
  }

  return {
    tenants,
    warehouses,
    seriesFor(method, route) {
      const key = `${method} ${route}`;
      let series = all.get(key);
      if (series === undefined) {
        series = new CountedRoute(method, route);
        all.set(key, series);
      }
      return series;
    },
  };
}

class CountedRoute implements RouteSeries {
  readonly kind: RequestKind;
  readonly statuses = new Float64Array(600);
  /** One slot per bound, the last for everything above. Not cumulative: the scrape adds them up. */
  readonly durations = new Float64Array(durationBounds.length + 1);
  readonly refused = new Map<Refusal, number>();
  seconds = 0;

  constructor(
    readonly method: string,
    readonly route: string,
  ) {
    this.kind = method === 'GET' || method === 'HEAD' ? 'read' : 'write';
  }

  record(status: number, seconds: number): void {
    this.statuses[status] = (this.statuses[status] ?? 0) + 1;
    this.seconds += seconds;
    let slot = 0;
    while (slot < durationBounds.length && seconds > (durationBounds[slot] ?? Infinity)) slot += 1;
    this.durations[slot] = (this.durations[slot] ?? 0) + 1;
  }

  refuse(why: Refusal): void {
    this.refused.set(why, (this.refused.get(why) ?? 0) + 1);
  }
}

interface Sample {
  readonly metricName?: string;
  readonly labels: Record<string, string | number>;
  readonly value: number;
}

function statusSamples(series: CountedRoute): Sample[] {
  const { method, route, kind } = series;
  const samples: Sample[] = [];
  series.statuses.forEach((value, status) => {
    if (value > 0 || statusesKnownAtStart.some((known) => known === status)) {
      samples.push({ labels: { method, route, kind, status }, value });
    }
  });
  return samples;
}

function refusedSamples({ method, route, kind, refused }: CountedRoute): Sample[] {
  return [...refused].map(([why, value]) => ({ labels: { method, route, kind, why }, value }));
}

function partySamples(party: string, counts: PartyCounts): Sample[] {
  return counts.read().flatMap(({ name, requests, errors }) => [
    { labels: { [party]: name, result: 'ok' }, value: requests - errors },
    { labels: { [party]: name, result: 'failed' }, value: errors },
  ]);
}

function durationSamples(series: CountedRoute): Sample[] {
  const { method, route, kind } = series;
  const name = 'http_request_duration_seconds';
  const labels = { method, route, kind };
  let total = 0;
  const buckets = [...durationBounds, '+Inf' as const].map((le, slot) => {
    total += series.durations[slot] ?? 0;
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: total };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: series.seconds },
    { metricName: `${name}_count`, labels, value: total },
  ];
}

interface MetricSource {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'histogram';
  values(): Sample[];
}

/**
 * prom-client's own counters hash a label object per observation (20 µs a request, measured); here it only writes
 * the exposition. Its registry asks a metric for nothing but these fields, which its types do not say.
 */
function register(registry: Registry, source: MetricSource): void {
  const { name, help, type } = source;
  const metric = {
    name,
    help,
    type,
    get: () => Promise.resolve({ name, help, type, values: source.values() }),
  };
  registry.registerMetric(metric as unknown as Histogram);
}
