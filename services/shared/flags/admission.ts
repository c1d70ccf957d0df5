import type { IsolationMode } from '../../../configuration/isolation.schema.js';
import type { Isolation, Isolations } from './isolations.js';
import type { Switches } from './switches.js';
import { isInForce } from './switches.js';

/** Everything that can set a service apart from its usual operation, whatever the time is. */
export interface ModesRead {
  readonly switches: Switches;
  readonly isolations: Isolations;
}

/** What matters about a request. */
export interface Asked {
  readonly isWrite: boolean;
  readonly isNonCritical: boolean;
  /** Another warehouse may serve it. */
  readonly isReroutable: boolean;
  readonly tenantId: string | null;
  readonly warehouseId: string | null;
}

export type Refusal = 'shed' | 'read-only' | 'isolated';

/** Whether a request is served. `isolation`: the one its tenant and warehouse are under, also when it is served. */
export type Admission =
  | { readonly kind: 'serve'; readonly isolation: Isolation | null }
  | { readonly kind: 'reroute'; readonly to: string; readonly isolation: Isolation }
  | RefusedAdmission;

export type RefusedAdmission = {
  readonly kind: 'refuse';
  /** Milliseconds since 1970; null: nobody knows. */
  readonly until: number | null;
} & (
  | { readonly why: Exclude<Refusal, 'isolated'>; readonly isolation: Isolation | null }
  | { readonly why: 'isolated'; readonly isolation: Isolation }
);

/** Decides about one request: what is not critical goes first, then all writes, then those of who is set apart.
 *  `obeyed`: the isolation modes that stop the writes of this service. */
export function decideAdmission(
  asked: Asked,
  { switches, isolations }: ModesRead,
  obeyed: readonly IsolationMode[],
  now: number,
): Admission {
  const { mode, shed } = switches;
  const isolation = findIsolation(asked, isolations, obeyed, now);
  if (asked.isNonCritical && shed.value === 'non-critical' && isInForce(shed, now)) {
    return { kind: 'refuse', why: 'shed', until: shed.until, isolation };
  }
  if (!asked.isWrite) return { kind: 'serve', isolation };
  if (mode.value === 'read-only' && isInForce(mode, now)) {
    return { kind: 'refuse', why: 'read-only', until: mode.until, isolation };
  }
  if (isolation === null) return { kind: 'serve', isolation };
  const { rerouteTo, until } = isolation;
  const isOpen =
    rerouteTo !== null &&
    asked.isReroutable &&
    findIsolation({ ...asked, warehouseId: rerouteTo }, isolations, obeyed, now) === null;
  return isOpen
    ? { kind: 'reroute', to: rerouteTo, isolation }
    : { kind: 'refuse', why: 'isolated', until, isolation };
}

/** The isolation a tenant's warehouse is under; the whole tenant's goes before the warehouse's. */
function findIsolation(
  place: { readonly tenantId: string | null; readonly warehouseId: string | null },
  isolations: Isolations,
  obeyed: readonly IsolationMode[],
  now: number,
): Isolation | null {
  let found: Isolation | null = null;
  for (const isolation of isolations.values()) {
    const { tenantId, warehouseId, mode } = isolation;
    if (tenantId !== place.tenantId || !obeyed.includes(mode) || !isInForce(isolation, now)) {
      continue;
    }
    if (warehouseId === null) return isolation;
    if (warehouseId === place.warehouseId) found = isolation;
  }
  return found;
}

/** Whether anything is in force: when not, no request needs a closer look. */
export function isUsual({ switches, isolations }: ModesRead): boolean {
  return (
    switches.mode.value === 'normal' && switches.shed.value === 'none' && isolations.size === 0
  );
}
