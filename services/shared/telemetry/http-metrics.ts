import { latencyBucketsMs } from '../../../configuration/latency-buckets.js';
import type { Refusal } from '../flags/admission.js';
import type { MetricsRegistry } from './metrics-registry.js';
import { label } from './metrics-registry.js';
import { PartyCounts } from './party-counts.js';

/** Upper bounds in seconds. Each SLO threshold is a bound, so "slower than promised" is counted exactly. */
const durationBounds = latencyBucketsMs.map((ms) => ms / 1_000);

/** "Client closed request": the caller has waited in vain and left. Monitoring counts it as an error. */
export const statusAbandoned = 499;

/** Series that exist before the first request, so that a first error is an increase from zero, not a new series. */
const statusesKnownAtStart = [200, statusAbandoned, 500, 503] as const;

type RequestKind = 'read' | 'write';

/** What was counted of one method and route pattern: typed slots, written in nanoseconds, read only by a scrape. */
export interface RouteSeries {
  readonly method: string;
  readonly route: string;
  readonly kind: RequestKind;
  /** Method and route as fields of a log line: `"method":"GET","route":"/items"`. */
  readonly fields: string;
  /** Counts one answered request. `status`: HTTP status, 100..599. `seconds`: from having read it to headers ready. */
  record(status: number, seconds: number): void;
  /** Counts one request refused on purpose: neither answered nor failed as far as objectives go. */
  refuse(why: Refusal): void;
  /**
   * Counts one request whose caller left before it could expect an answer: neither answered nor failed either.
   * `slowSeconds`: what it had waited by then, when that was longer than promised. A shorter wait says nothing of how
   * long the answer would have taken.
   */
  withdraw(slowSeconds: number | null): void;
}

export interface HttpMetrics {
  /** The series of a method and pattern, created at zero when new. Callers pass known patterns only: that bounds it. */
  seriesFor(method: string, route: string): RouteSeries;
  /** Requests by tenant and by warehouse, of those heavy enough to have a name. */
  readonly tenants: PartyCounts;
  readonly warehouses: PartyCounts;
}

/**
 * Adds `http_requests_total{method,route,kind,status}`, `http_request_duration_seconds{method,route,kind}`,
 * `http_requests_refused_total{method,route,kind,why}`, `http_requests_withdrawn_total{method,route,kind}`,
 * `http_requests_by_tenant_total{tenant,result}` and `http_requests_by_warehouse_total{warehouse,result}`.
 */
export function createHttpMetrics(registry: MetricsRegistry): HttpMetrics {
  const all = new Map<string, CountedRoute>();
  registry.addSource({
    families: [
      {
        name: 'http_requests_total',
        help: 'Requests answered, by route pattern and status.',
        type: 'counter',
      },
      {
        name: 'http_request_duration_seconds',
        help: 'Time from reading a request to having its answer, by route pattern.',
        type: 'histogram',
      },
      {
        name: 'http_requests_refused_total',
        help: 'Requests refused on purpose by an operating mode; not part of http_requests_total.',
        type: 'counter',
      },
      {
        name: 'http_requests_withdrawn_total',
        help: 'Requests whose caller did not wait for the answer; not part of http_requests_total.',
        type: 'counter',
      },
    ],
    *parts() {
      for (const series of all.values()) yield series.lines();
    },
  });

  return {
    tenants: countParties(registry, 'tenant'),
    warehouses: countParties(registry, 'warehouse'),
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

/** A counter and its line up to the value: labels never change, so they are written once. */
interface CountedLine {
  readonly text: string;
  count: number;
}

class CountedRoute implements RouteSeries {
  readonly kind: RequestKind;
  readonly fields: string;
  readonly #labels: string;
  readonly #statuses = new Map<number, CountedLine>();
  readonly #refused = new Map<Refusal, CountedLine>();
  /** One slot per bound, the last for everything above. Not cumulative: the scrape adds them up. */
  readonly #durations = new Float64Array(durationBounds.length + 1);
  readonly #bucketLines: readonly string[];
  #seconds = 0;
  #withdrawn = 0;

  constructor(
    readonly method: string,
    readonly route: string,
  ) {
    this.kind = method === 'GET' || method === 'HEAD' ? 'read' : 'write';
    this.fields = JSON.stringify({ method, route }).slice(1, -1);
    this.#labels = [
      label('method', method),
      label('route', route),
      label('kind', this.kind),
    ].join();
    this.#bucketLines = [...durationBounds, '+Inf'].map(
      (le) => `http_request_duration_seconds_bucket{${this.#labels},${label('le', le)}} `,
    );
    for (const status of statusesKnownAtStart) this.#lineOf(status);
  }

  record(status: number, seconds: number): void {
    this.#lineOf(status).count += 1;
    this.#recordDuration(seconds);
  }

  refuse(why: Refusal): void {
    let line = this.#refused.get(why);
    if (line === undefined) {
      const labels = `${this.#labels},${label('why', why)}`;
      line = { text: `http_requests_refused_total{${labels}} `, count: 0 };
      this.#refused.set(why, line);
    }
    line.count += 1;
  }

  withdraw(slowSeconds: number | null): void {
    this.#withdrawn += 1;
    if (slowSeconds !== null) this.#recordDuration(slowSeconds);
  }

  /** Of requests, of durations, of refusals, of what was withdrawn. */
  lines(): readonly [string, string, string, string] {
    const withdrawn = `http_requests_withdrawn_total{${this.#labels}} ${this.#withdrawn}\n`;
    return [
      linesOf(this.#statuses.values()),
      this.#durationLines(),
      linesOf(this.#refused.values()),
      this.#withdrawn === 0 ? '' : withdrawn,
    ];
  }

  #recordDuration(seconds: number): void {
    this.#seconds += seconds;
    let slot = 0;
    while (slot < durationBounds.length && seconds > (durationBounds[slot] ?? Infinity)) slot += 1;
    this.#durations[slot] = (this.#durations[slot] ?? 0) + 1;
  }

  #lineOf(status: number): CountedLine {
    let line = this.#statuses.get(status);
    if (line === undefined) {
      const labels = `${this.#labels},${label('status', status)}`;
      line = { text: `http_requests_total{${labels}} `, count: 0 };
      this.#statuses.set(status, line);
    }
    return line;
  }

  #durationLines(): string {
    let lines = '';
    let total = 0;
    this.#bucketLines.forEach((text, slot) => {
      total += this.#durations[slot] ?? 0;
      lines += `${text}${total}\n`;
    });
    const name = 'http_request_duration_seconds';
    return `${lines}${name}_sum{${this.#labels}} ${this.#seconds}\n${name}_count{${this.#labels}} ${total}\n`;
  }
}

function linesOf(counted: Iterable<CountedLine>): string {
  let lines = '';
  for (const { text, count } of counted) lines += `${text}${count}\n`;
  return lines;
}

function countParties(registry: MetricsRegistry, party: 'tenant' | 'warehouse'): PartyCounts {
  const counts = new PartyCounts();
  const name = `http_requests_by_${party}_total`;
  registry.addSource({
    families: [
      {
        name,
        help: `Requests answered, by ${party}; those without a share worth a name together.`,
        type: 'counter',
      },
    ],
    *parts() {
      for (const { name: who, requests, errors } of counts.read()) {
        const line = (result: string, value: number): string =>
          `${name}{${label(party, who)},${label('result', result)}} ${value}\n`;
        yield [line('ok', requests - errors) + line('failed', errors)];
      }
    },
  });
  return counts;
}
