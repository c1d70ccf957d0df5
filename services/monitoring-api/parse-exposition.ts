import { latencyBucketsMs } from '../../configuration/latency-buckets.js';
import { labelsOf, linesOf, nameOf, readGauge, valueOf } from './exposition-lines.js';
import { modeFamilies, ModesReader } from './pod-modes.js';
import type { PodModes } from './pod-modes.js';

/** By label: requests and, of those, failed. */
export type LabelledCounts = ReadonlyMap<string, readonly [requests: number, errors: number]>;

/** What monitoring needs of one pod's `/metrics`, added up over its routes. */
export interface PodSample {
  readonly counters: Float64Array;
  /** By `METHOD pattern`. */
  readonly routes: LabelledCounts;
  /** Those that the pod tells apart, and `(other)`. */
  readonly tenants: LabelledCounts;
  readonly warehouses: LabelledCounts;
  /** Requests refused on purpose, by why; none of them failed. */
  readonly refused: LabelledCounts;
  readonly memoryBytes: number | null;
  readonly eventLoopLagMs: number | null;
  /** Null: it tells of none. */
  readonly modes: PodModes | null;
  /** Age of the oldest work that waits in the service's queue; null when there is no queue, or it is not known. */
  readonly oldestSeconds: number | null;
}

/** Positions in `PodSample.counters`. The buckets are cumulative, the last one holds every request. */
export const counterAt = {
  reads: 0,
  readErrors: 1,
  writes: 2,
  writeErrors: 3,
  buckets: 4,
} as const;
export const bucketCount = latencyBucketsMs.length + 1;
export const counterWidth = counterAt.buckets + bucketCount;
/**
 * Positions of counters that count a part of what another counts: failures, and the requests within each bound. (A
 * service need not expose every bucket, so none is compared with the next.)
 */
export const counterParts: readonly (readonly [part: number, whole: number])[] = [
  [counterAt.readErrors, counterAt.reads],
  [counterAt.writeErrors, counterAt.writes],
  ...latencyBucketsMs.map((_, index): [number, number] => [
    counterAt.buckets + index,
    counterWidth - 1,
  ]),
];

/** A service with more patterns, or parties, than this is counted in full, but the further ones are not told apart. */
const maxLabels = 64;

const families = {
  requests: 'http_requests_total',
  byTenant: 'http_requests_by_tenant_total',
  byWarehouse: 'http_requests_by_warehouse_total',
  refused: 'http_requests_refused_total',
  durations: 'http_request_duration_seconds_bucket',
  memory: 'process_resident_memory_bytes',
  lag: 'nodejs_eventloop_lag_max_seconds',
} as const;

/** What they begin with. */
const firstLetters = 'hpns';

/** The names of everything that is read of a service; `oldest`: of its gauge for the age of waiting work. */
export function exposedFamilies(oldest: string | null): string[] {
  return [
    ...Object.values(families),
    ...Object.values(modeFamilies),
    ...(oldest === null ? [] : [oldest]),
  ];
}

const bucketIndex = new Map<number, number>([
  ...latencyBucketsMs.map((bound, index): [number, number] => [bound, index]),
  [Infinity, latencyBucketsMs.length],
]);

/**
 * Reads Prometheus text, only the families above; everything else is skipped by its first letters. `oldest`: the gauge
 * that tells the age of the oldest waiting work, of a service that has one.
 * @throws Error when the text holds no `http_requests_total` at all: that is no service of ours, not an idle one.
 */
export function parseExposition(text: string, oldest: string | null = null): PodSample {
  const counters = new Float64Array(counterWidth);
  const routes = new Map<string, [number, number]>();
  const tenants = new Map<string, [number, number]>();
  const warehouses = new Map<string, [number, number]>();
  const refused = new Map<string, [number, number]>();
  const modes = new ModesReader();
  let memoryBytes: number | null = null;
  let eventLoopLagMs: number | null = null;
  let found = false;

  const add = (index: number, value: number): void => {
    counters[index] = (counters[index] ?? 0) + value;
  };
  for (const line of linesOf(text, firstLetters)) {
    const name = nameOf(line);
    if (name === families.requests) {
      found = true;
      const labels = labelsOf(line);
      const value = valueOf(line);
      const failed = isFailure(labels.get('status') ?? '');
      const write = labels.get('kind') === 'write';
      add(write ? counterAt.writes : counterAt.reads, value);
      if (failed) add(write ? counterAt.writeErrors : counterAt.readErrors, value);
      const route = `${labels.get('method') ?? '?'} ${labels.get('route') ?? '?'}`;
      count(routes, route, value, failed);
    } else if (name === families.byTenant) {
      countParty(tenants, 'tenant', line);
    } else if (name === families.byWarehouse) {
      countParty(warehouses, 'warehouse', line);
    } else if (name === families.refused) {
      count(refused, labelsOf(line).get('why') ?? '?', valueOf(line), false);
    } else if (name === families.durations) {
      const bound = labelsOf(line).get('le') ?? '';
      const boundMs = bound === '+Inf' ? Infinity : Math.round(Number(bound) * 1_000);
      const index = bucketIndex.get(boundMs);
      if (index !== undefined) add(counterAt.buckets + index, valueOf(line));
    } else if (name === families.memory) {
      memoryBytes = valueOf(line);
    } else if (name === families.lag) {
      eventLoopLagMs = valueOf(line) * 1_000;
    } else if (name.startsWith('service_')) {
      modes.add(name, labelsOf(line), valueOf(line));
    }
  }
  if (!found) {
    throw new Error(`could not find metric ${families.requests}: is this a service under care?`);
  }
  return {
    counters,
    routes,
    tenants,
    warehouses,
    refused,
    memoryBytes,
    eventLoopLagMs,
    modes: modes.read(),
    oldestSeconds: oldest === null ? null : readGauge(text, oldest),
  };
}

function countParty(counts: Map<string, [number, number]>, label: string, line: string): void {
  const labels = labelsOf(line);
  count(counts, labels.get(label) ?? '?', valueOf(line), labels.get('result') === 'failed');
}

function count(
  counts: Map<string, [number, number]>,
  name: string,
  value: number,
  failed: boolean,
): void {
  const counted = counts.get(name);
  if (counted !== undefined) {
    counted[0] += value;
    if (failed) counted[1] += value;
  } else if (counts.size < maxLabels) {
    counts.set(name, [value, failed ? value : 0]);
  }
}

/** 499: the caller waited in vain and left. It has seen a failure as much as with a 5xx. */
const isFailure = (status: string): boolean => status.startsWith('5') || status === '499';
