import type { Backlog, ModeInForce } from '../../activities/contracts/monitoring.contract.js';
import { describeBacklog, isTooOld } from './backlog.js';
import type { Finding } from './findings.js';
import { readModes } from './service-modes.js';
import type { ServiceStore } from './service-store.js';

/** What stands out though no request has failed: work that waits for too long, modes, and switches that are not obeyed.
 *  Counts are of the last `routeWindow`. */
export function standingFindings(
  service: string,
  store: ServiceStore,
  backlog: Backlog | null,
  now: number,
): Finding[] {
  const found = (kind: Finding['kind'], subject: string, summary: string): Finding => ({
    service,
    kind,
    subject,
    templateHash: null,
    summary,
  });
  const isOld = backlog !== null && isTooOld(backlog) === true;
  return [
    ...(isOld ? [found('backlog', 'queue', describeBacklog(backlog))] : []),
    ...modeFindings(store, now, found),
  ];
}

function modeFindings(
  store: ServiceStore,
  now: number,
  found: (kind: Finding['kind'], subject: string, summary: string) => Finding,
): Finding[] {
  const from = now - store.sizes.routeWindow;
  const modes = readModes(store, from, now);
  if (modes === null) return [];
  const { pods, inForce, refusedFlags, refusedRequests } = modes;
  const refused = refusedRequests.reduce((sum, { requests }) => sum + requests, 0);
  const all = store.counts(from, now).requests + refused;
  const refusedAs = (why: string): number =>
    refusedRequests.find((one) => one.why === why)?.requests ?? 0;
  return [
    ...refusedFlags.map(({ file, reason, pods: on }) =>
      found('refused-flag', file, `not obeyed, on ${on} of ${pods} pods: ${reason}`),
    ),
    ...inForce.map((mode) =>
      found(
        'mode',
        subjectOf(mode),
        `${describeMode(mode)}${placeOf(mode, pods)}: ${refusedAs(mode.mode)} of ${all} requests refused as ${mode.mode}`,
      ),
    ),
  ];
}

/** `read-only until 2026-01-31T09:30:00.000Z` */
function describeMode({ mode, until, isolation }: ModeInForce): string {
  const what = isolation === null ? mode : `${mode} (${isolation.mode})`;
  return `${what} ${until === null ? 'without an end' : `until ${until}`}`;
}

const subjectOf = ({ mode, isolation }: ModeInForce): string =>
  isolation === null
    ? mode
    : [isolation.tenantId, isolation.warehouseId].filter((name) => name !== null).join('.');

function placeOf({ pods, notOn }: ModeInForce, all: number): string {
  return notOn.length === 0 ? '' : ` on ${pods} of ${all} pods, not on ${notOn.join(', ')}`;
}
