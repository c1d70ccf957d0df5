import type { PartyTraffic } from '../../activities/contracts/monitoring.contract.js';
import { otherParties } from '../shared/telemetry/party-counts.js';
import type { ServiceStore } from './service-store.js';
import type { WindowCounts } from './slo.js';

/** One thing out of the ordinary that the counters show, most telling first. */
export interface Finding {
  readonly service: string;
  readonly kind:
    | 'backlog'
    | 'refused-flag'
    | 'mode'
    | 'unreachable-pod'
    | 'failing-tenant'
    | 'failing-warehouse'
    | 'failing-route'
    | 'stalled-pod';
  /** The pod, the tenant, the warehouse, the route as `METHOD pattern`, the mode, or the file of a flag. */
  readonly subject: string;
  /** Label `pod-template-hash` of the pods concerned, when known. */
  readonly templateHash: string | null;
  readonly summary: string;
  /** Of what fails. */
  readonly requests?: number;
  readonly errors?: number;
}

const maxFindings = 50;

/** An event loop that stands still this long is felt by every caller of the pod. */
const stallMs = 250;

/** Failures that one tenant, or warehouse, must have to stand out; and requests that the others must have. */
const minimumErrors = 5;
const minimumOthers = 20;

/** What stands out in the last `routeWindow`, from counters alone: who or what fails on which pods, and which pods hang. */
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
  const counts = store.counts(from, now);
  const alone = (['tenant', 'warehouse'] as const).flatMap((kind) =>
    store
      .parties(`${kind}s`, from, now)
      .filter((party) => failsAlone(party, counts))
      .map(({ name, requests, errors }): Finding => {
        const others = `${counts.errors - errors} of ${counts.requests - requests}`;
        return {
          service,
          kind: `failing-${kind}`,
          subject: name,
          templateHash: null,
          summary: `${errors} of ${requests} of its requests failed, ${others} of all others`,
          requests,
          errors,
        };
      }),
  );
  return [...unreachable, ...alone, ...failing, ...stalled].slice(0, maxFindings);
}

/** Whether it fails on a share of its requests that is far above that of all others, so that to isolate it would help. */
function failsAlone({ name, requests, errors }: PartyTraffic, all: WindowCounts): boolean {
  if (name === otherParties) return false;
  const others = { requests: all.requests - requests, errors: all.errors - errors };
  if (errors < minimumErrors || others.requests < minimumOthers) return false;
  return errors / requests > 5 * (others.errors / others.requests) + 0.01;
}
