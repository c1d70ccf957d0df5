import type { AuditEvent } from '../shared/storage/audit/audit-event.js';
import type { PodWindow } from '../shared/storage/audit/unrecorded-windows.js';
import { statusAbandoned } from '../shared/telemetry/http-metrics.js';
import type { PodSignal } from './signal-log.js';

/** Groups of one window that are told apart; the further ones are counted together. */
const maxGroups = 20;
const maxRequestIds = 10;

/** What the writes of a group have in common; null where they differ. */
type Kind = Pick<PodSignal, 'method' | 'route' | 'status' | 'tenant' | 'warehouse'>;

const mixed: Kind = { method: null, route: null, status: null, tenant: null, warehouse: null };
const others = { key: 'others', kind: mixed };
const givenUp = { key: 'others-given-up', kind: { ...mixed, status: statusAbandoned } };

interface Group {
  readonly kind: Kind;
  count: number;
  /** Epoch milliseconds. */
  firstAt: number;
  lastAt: number;
  readonly requestIds: string[];
}

/** The failed writes of one pod in one window of time, in constant memory: by route, status, tenant and warehouse. */
export class FailedWindow implements PodWindow {
  readonly #groups = new Map<string, Group>();

  constructor(
    readonly service: string,
    readonly pod: string,
    readonly from: number,
    readonly to: number,
  ) {}

  /** `time`: epoch milliseconds of its `at`. */
  add(signal: PodSignal, time: number): void {
    const { method, route, status, tenant, warehouse } = signal;
    const kind = { method, route, status, tenant, warehouse };
    const exact = JSON.stringify([method, route, status, tenant, warehouse]);
    const isFurther = !this.#groups.has(exact) && this.#groups.size >= maxGroups;
    const further = status === statusAbandoned ? givenUp : others;
    const key = isFurther ? further.key : exact;
    const group = this.#groups.get(key);
    if (group === undefined) {
      this.#groups.set(key, {
        kind: isFurther ? further.kind : kind,
        count: 1,
        firstAt: time,
        lastAt: time,
        requestIds: idsOf(signal),
      });
      return;
    }
    group.count += 1;
    group.firstAt = Math.min(group.firstAt, time);
    group.lastAt = Math.max(group.lastAt, time);
    if (group.requestIds.length < maxRequestIds) group.requestIds.push(...idsOf(signal));
  }

  /** One event for each group. */
  events(): AuditEvent[] {
    const place = `failed-writes/${this.service}/${this.pod}/${this.from}+${this.to - this.from}`;
    return [...this.#groups].map(([key, group]) => asEvent(`${place}/${key}`, this, group));
  }
}

function idsOf({ requestId }: PodSignal): string[] {
  return requestId === null ? [] : [requestId];
}

function asEvent(
  key: string,
  { service, pod }: PodWindow,
  { kind, count, firstAt, lastAt, requestIds }: Group,
): AuditEvent {
  const { method, route, status, tenant, warehouse } = kind;
  const impactFrom = new Date(firstAt).toISOString();
  return {
    key,
    at: impactFrom,
    kind: 'failed-writes',
    service,
    tenant,
    incident: null,
    who: tenant ?? 'unknown',
    what: `${count} × ${describe(kind)}`,
    target: warehouse === null ? null : `warehouse ${warehouse}`,
    before: null,
    after: null,
    details: { count, pod, method, route, status, requestIds: [...requestIds] },
    impactFrom,
    impactTo: new Date(lastAt).toISOString(),
  };
}

/** Of a write whose caller gave up nobody knows whether it was done. */
function describe({ method, route, status }: Kind): string {
  const what = route === null ? 'further writes' : `${method ?? ''} ${route}`;
  if (status === statusAbandoned) return `${what}: the caller gave up; its outcome is not known`;
  return `${what} failed${route === null ? '' : ` with ${status ?? 'no answer'}`}`;
}
