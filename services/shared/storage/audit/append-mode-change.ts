import type { OperatingMode } from '../../../../activities/contracts/monitoring.contract.js';
import type { Transaction } from '../database.js';
import { appendAuditEvents, lockAudit } from './append-audit-events.js';
import type { AuditEvent } from './audit-event.js';

export interface ModesSeen {
  readonly service: string;
  /** When they were first seen so, epoch milliseconds. */
  readonly at: number;
  /** All that are in force. */
  readonly modes: readonly OperatingMode[];
}

/**
 * Records that the modes of a service are others than those on record; nothing when they are the same. So a monitor that
 * starts anew, or a second one, records nothing twice: whoever comes second finds them recorded.
 */
export async function appendModeChange(sql: Transaction, seen: ModesSeen): Promise<void> {
  await lockAudit(sql);
  const [last] = await sql<{ position: number; after: readonly OperatingMode[] }[]>`
    select position::int as position, after from audit_events
    where kind = 'mode' and service = ${seen.service}
    order by audit_events.position desc limit 1`;
  const before = last?.after ?? [];
  const began = without(seen.modes, before);
  const ended = without(before, seen.modes);
  if (began.length === 0 && ended.length === 0) return;
  await appendAuditEvents(sql, [
    asEvent(seen, { before, began, ended, place: last?.position ?? 0 }),
  ]);
}

interface Change {
  readonly before: readonly OperatingMode[];
  readonly began: readonly OperatingMode[];
  readonly ended: readonly OperatingMode[];
  /** Position of the event before: each has one that comes after it. */
  readonly place: number;
}

function asEvent(
  { service, at, modes }: ModesSeen,
  { before, began, ended, place }: Change,
): AuditEvent {
  const tenants = new Set([...began, ...ended].map(({ isolation }) => isolation?.tenantId ?? null));
  const [tenant = null] = tenants.size === 1 ? tenants : [];
  return {
    key: `mode/${service}/after-${place}`,
    at: new Date(at).toISOString(),
    kind: 'mode',
    service,
    tenant,
    incident: null,
    who: 'unknown',
    what: [
      ...began.map((mode) => `began: ${describe(mode)}`),
      ...ended.map((mode) => `ended: ${describe(mode)}`),
    ].join('; '),
    target: null,
    before,
    after: modes,
    details: null,
    impactFrom: null,
    impactTo: null,
  };
}

function describe({ mode, until, isolation }: OperatingMode): string {
  const whom =
    isolation === null
      ? ''
      : ` (${[isolation.mode, isolation.tenantId, isolation.warehouseId].filter((part) => part !== null).join(', ')})`;
  return `${mode}${whom} ${until === null ? 'without an end' : `until ${until}`}`;
}

function without(
  modes: readonly OperatingMode[],
  others: readonly OperatingMode[],
): readonly OperatingMode[] {
  const known = new Set(others.map(keyOf));
  return modes.filter((mode) => !known.has(keyOf(mode)));
}

/** The database gives the keys of an object back in another order. */
const keyOf = ({ mode, until, isolation }: OperatingMode): string =>
  JSON.stringify([mode, until, isolation?.mode, isolation?.tenantId, isolation?.warehouseId]);
