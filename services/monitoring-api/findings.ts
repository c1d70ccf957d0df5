import type { ServiceStore } from './service-store.js';

/** One thing out of the ordinary that the counters show, most telling first. */
export interface Finding {
  readonly service: string;
  readonly kind: 'unreachable-pod' | 'failing-route' | 'stalled-pod';
  /** The pod, or the route as `METHOD pattern`. */
  readonly subject: string;
  /** Label `pod-template-hash` of the pods concerned, when known. */
  readonly templateHash: string | null;
  readonly summary: string;
  /** Of a failing route. */
  readonly requests?: number;
  readonly errors?: number;
}

const maxFindings = 50;

/** An event loop that stands still this long is felt by every caller of the pod. */
const stallMs = 250;

/** What stands out in the last `routeWindow`, from counters alone: which routes fail on which pods, and which pods hang. */
export function readFindings(service: string, store: ServiceStore, now: number): Finding[] {
  const from = now - store.sizes.routeWindow;
  const unreachable = store.unreachablePods().map(({ pod, templateHash, reason }): Finding => ({
    service,
    kind: 'unreachable-pod',
    subject: pod,
    templateHash,
    summary: reason,
  }));
  const failing = store
    .routes(from, now)
    .filter(({ errors }) => errors > 0)
    .map(({ route, templateHash, requests, errors }): Finding => ({
      service,
      kind: 'failing-route',
      subject: route,
      templateHash,
      summary: `${errors} of ${requests} requests answered 5xx`,
      requests,
      errors,
    }));
  const stalled = store
    .pods(from, now, 0)
    .filter(({ eventLoopLagMs }) => eventLoopLagMs !== null && eventLoopLagMs >= stallMs)
    .map(({ pod, templateHash, eventLoopLagMs }): Finding => ({
      service,
      kind: 'stalled-pod',
      subject: pod,
      templateHash,
      summary: `its event loop stood still for ${Math.round(eventLoopLagMs ?? 0)} ms`,
    }));
  return [...unreachable, ...failing, ...stalled].slice(0, maxFindings);
}
