/** What monitoring knows of a service. Served by `GET /monitoring/health`, read by activities. */

export type SloName = 'latency-p95' | 'error-rate' | 'availability';

/** `unproven`: no data, too few samples, or monitoring itself is blind. Never the same as healthy. */
export type SloState = 'ok' | 'breached' | 'unproven';

export interface SloReading {
  readonly service: string;
  readonly slo: SloName;
  readonly state: SloState;
  /** Milliseconds for latency, percent for the others. Null when unproven for lack of data. */
  readonly value: number | null;
  readonly threshold: number;
  readonly unit: 'ms' | 'percent';
  /** The window the value was computed over, ISO 8601 start and length. */
  readonly from: string;
  readonly windowMs: number;
  /** Requests (latency, errors) or probes (availability) in the window, and how many a proof needs. */
  readonly samples: number;
  readonly minSamples: number;
  /** Over the rolling objective window (60 minutes in production): share left, 1 = untouched, may be negative. */
  readonly budgetLeft: number | null;
  /** 1 = spends exactly the whole budget in the objective window. */
  readonly burnRate: number | null;
  /** Why it is unproven. Absent otherwise. */
  readonly reason?: string;
}

/** One pod as the monitor sees it, over the same window as the readings. */
export interface PodReading {
  readonly pod: string;
  /** Label `pod-template-hash`: tells old pods from new ones. */
  readonly templateHash: string | null;
  /** False when the last scrape failed. */
  readonly up: boolean;
  readonly requests: number;
  /** Requests answered 5xx. */
  readonly errors: number;
  /** Requests slower than the service's latency objective. */
  readonly slow: number;
  /** Longest event-loop delay seen in the window, milliseconds. */
  readonly eventLoopLagMs: number | null;
  readonly memoryBytes: number | null;
}

export interface ServiceHealth {
  readonly service: string;
  /** Worst of the readings: a breach beats unproven, unproven beats ok. `warning`: only the rolling window is breached. */
  readonly status: 'ok' | 'warning' | 'critical' | 'unproven';
  /** Which objective keeps it from `ok`, in which window, with numbers. Null when ok. */
  readonly reason?: string | null;
  readonly at: string;
  readonly slos: readonly SloReading[];
  /** When the present breach began, ISO 8601. Null when nothing is breached. */
  readonly breachedSince: string | null;
  readonly pods: readonly PodReading[];
  /** Requests a second over the window. */
  readonly requestRate: number;
  /** Failing write and read requests apart; null where there were none of that kind. */
  readonly writes: TrafficSplit | null;
  readonly reads: TrafficSplit | null;
  /**
   * Whom it concerns, over the same window: the tenants, and the warehouses, with most failures, at most five each. Of
   * those heavy enough to be told apart; `(other)` stands for all the rest.
   */
  readonly tenants?: readonly PartyTraffic[];
  readonly warehouses?: readonly PartyTraffic[];
  /** What sets the service apart from its usual operation. Null when none of its pods tells. */
  readonly modes?: ServiceModes | null;
  /** Of a service with a queue of work for others; null for any other. */
  readonly backlog?: Backlog | null;
}

/** What the pods obey, whatever stands in a ConfigMap. It does not touch the status: that is what callers got. */
export interface ServiceModes {
  /** Pods that tell of their modes. */
  readonly pods: number;
  readonly inForce: readonly ModeInForce[];
  /** Switches that stand in a ConfigMap and are not obeyed. */
  readonly refusedFlags: readonly RefusedFlag[];
  /** Requests refused on purpose over the window of the readings, by why. */
  readonly refusedRequests: readonly { readonly why: string; readonly requests: number }[];
}

export interface OperatingMode {
  readonly mode: 'read-only' | 'shed' | 'isolated';
  /** ISO 8601; null: until somebody takes it back. */
  readonly until: string | null;
  /** Whom it isolates, and from what; null for other modes. */
  readonly isolation: {
    readonly tenantId: string;
    /** Null: all of the tenant's. */
    readonly warehouseId: string | null;
    readonly mode: string;
  } | null;
}

export interface ModeInForce extends OperatingMode {
  /** Pods that obey exactly this. */
  readonly pods: number;
  /** Of those that do not, at most five. */
  readonly notOn: readonly string[];
}

export interface RefusedFlag {
  readonly file: string;
  readonly reason: string;
  readonly pods: number;
}

export interface Backlog {
  /** Age of the oldest waiting work; null when it is not known. */
  readonly oldestSeconds: number | null;
  /** What is older than this raises an alert. */
  readonly limitSeconds: number;
}

export interface PartyTraffic extends TrafficSplit {
  readonly name: string;
}

export interface TrafficSplit {
  readonly requests: number;
  readonly errors: number;
}

export interface ActiveAlert {
  readonly alertname: string;
  readonly service: string;
  /** Null for an alert about monitoring itself or about waiting work: it says nothing about an objective. */
  readonly slo: SloName | null;
  readonly severity: 'critical' | 'warning';
  readonly state: 'pending' | 'firing' | 'resolved';
  readonly since: string;
  readonly summary: string;
}

/** One point of an SLO through time, for the chart of the post-mortem. */
export interface SloPoint {
  readonly at: string;
  readonly value: number | null;
}

export interface SloSeries {
  readonly service: string;
  readonly slo: SloName;
  readonly unit: 'ms' | 'percent';
  readonly threshold: number;
  readonly points: readonly SloPoint[];
}

/**
 * recovered: every SLO was proven ok, without a gap, for `holdFor`, in windows that begin at `since`.
 * not-recovered: a proven breach stood at the deadline, or the service is proven worse than before.
 * unproven: the deadline came without proof either way.
 */
export type VerdictKind = 'recovered' | 'not-recovered' | 'unproven';

export interface Verdict {
  readonly kind: VerdictKind;
  readonly service: string;
  /** Start of the window, ISO 8601: the end of the change. */
  readonly since: string;
  readonly decidedAt: string;
  /** How long the proof held, milliseconds; 0 unless recovered. */
  readonly heldForMs: number;
  readonly slos: readonly SloReading[];
  /** One sentence with numbers, for people. */
  readonly summary: string;
}

export interface ReadHealthInput {
  readonly services: readonly string[];
  /** Only look at what happened after this instant, ISO 8601. */
  readonly since?: string;
}

export interface WatchVerdictInput {
  readonly service: string;
  readonly since: string;
  readonly holdForMs: number;
  readonly pollMs: number;
  /** Absolute, ISO 8601. */
  readonly deadline: string;
}

export interface MonitoringActivities {
  /** Health of each service, in the order asked. @throws MonitoringUnavailable (retried). */
  readHealth(input: ReadHealthInput): Promise<ServiceHealth[]>;
  /** Waits until the verdict is decided or its deadline comes; heartbeats. Blind monitoring gives `unproven`, not an error. */
  watchVerdict(input: WatchVerdictInput): Promise<Verdict>;
  /** Alerts of the service that are pending or firing. @throws MonitoringUnavailable (retried). */
  readActiveAlerts(input: { readonly service: string }): Promise<ActiveAlert[]>;
}
