import type { AuditEvent } from '../shared/storage/audit/audit-event.js';
import { statusAbandoned } from '../shared/telemetry/http-metrics.js';
import type { PodSignal } from './signal-log.js';

/** Groups of one window that are told apart; the further ones are counted together. */
const maxGroups = 200;
const maxRequestIds = 20;
/** Windows that wait to be written while the database cannot be reached. */
const maxWaiting = 1_000;

interface Group {
  readonly windowStart: number;
  readonly windowEnd: number;
  readonly first: PodSignal;
  count: number;
  firstAt: string;
  lastAt: string;
  readonly requestIds: string[];
}

/**
 * Gathers the failed writes of all pods into audit events: one for each pod, route, status, tenant and warehouse in each
 * window of time, so that an outage of an hour does not become millions. The keys say what was gathered, so that a
 * monitor that starts anew, or a second one, records nothing twice. What a pod tells only after its window was written
 * is not added: counts are lower bounds.
 */
export class FailedWrites {
  readonly #groups = new Map<string, Group>();
  #waiting: AuditEvent[] = [];

  /** `windowMs`: length of a window. */
  constructor(readonly windowMs: number) {}

  add(signals: readonly PodSignal[]): void {
    for (const signal of signals) if (isFailedWrite(signal)) this.#count(signal);
  }

  /**
   * The events of all windows that ended more than a window ago, when every pod has been read since. They stay until
   * `written` is told of them.
   */
  due(now: number): readonly AuditEvent[] {
    for (const [key, group] of this.#groups) {
      if (now - group.windowEnd < this.windowMs) continue;
      this.#groups.delete(key);
      this.#waiting.push(asEvent(key, group));
    }
    this.#waiting = this.#waiting.slice(-maxWaiting);
    return this.#waiting;
  }

  written(events: readonly AuditEvent[]): void {
    const done = new Set(events);
    this.#waiting = this.#waiting.filter((event) => !done.has(event));
  }

  #count(signal: PodSignal): void {
    const windowStart = Math.floor(Date.parse(signal.at) / this.windowMs) * this.windowMs;
    const { service, pod, method, route, status, tenant, warehouse } = signal;
    const place = `failed-writes/${service}/${pod}/${windowStart}+${this.windowMs}`;
    const exact = `${place}/${JSON.stringify([method, route, status, tenant, warehouse])}`;
    const isNew = !this.#groups.has(exact);
    const others = `${place}/others${status === statusAbandoned ? '-given-up' : ''}`;
    const key = isNew && this.#groups.size >= maxGroups ? others : exact;
    const group = this.#groups.get(key);
    if (group === undefined) {
      this.#groups.set(key, {
        windowStart,
        windowEnd: windowStart + this.windowMs,
        first: key === exact ? signal : { ...signal, tenant: null, warehouse: null, route: null },
        count: 1,
        firstAt: signal.at,
        lastAt: signal.at,
        requestIds: idsOf(signal),
      });
      return;
    }
    group.count += 1;
    if (signal.at < group.firstAt) group.firstAt = signal.at;
    if (signal.at > group.lastAt) group.lastAt = signal.at;
    if (group.requestIds.length < maxRequestIds) group.requestIds.push(...idsOf(signal));
  }
}

function isFailedWrite({ kind, severity, method }: PodSignal): boolean {
  return kind === 'span' && severity === 'error' && method !== 'GET' && method !== 'HEAD';
}

function idsOf({ requestId }: PodSignal): string[] {
  return requestId === null ? [] : [requestId];
}

function asEvent(key: string, { first, count, firstAt, lastAt, requestIds }: Group): AuditEvent {
  const { service, pod, method, route, status, tenant, warehouse } = first;
  return {
    key,
    at: firstAt,
    kind: 'failed-writes',
    service,
    tenant,
    incident: null,
    who: tenant ?? 'unknown',
    what: `${count} × ${describe(first)}`,
    target: warehouse === null ? null : `warehouse ${warehouse}`,
    before: null,
    after: null,
    details: { count, pod, method, route, status, requestIds },
    impactFrom: firstAt,
    impactTo: lastAt,
  };
}

/** Of a write whose caller gave up nobody knows whether it was done. */
function describe({ method, route, status }: PodSignal): string {
  const what = route === null ? 'further writes' : `${method ?? ''} ${route}`;
  if (status === statusAbandoned) return `${what}: the caller gave up; its outcome is not known`;
  return `${what} failed${route === null ? '' : ` with ${status ?? 'no answer'}`}`;
}
