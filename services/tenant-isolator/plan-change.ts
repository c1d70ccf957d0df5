import type { IsolationEntry } from '../../configuration/isolation.schema.js';
import {
  isolationEntrySchema,
  isolationKey,
  maxIsolations,
} from '../../configuration/isolation.schema.js';
import type { IsolationOrder } from './arguments.js';

/** Keys of a ConfigMap to set, or to remove (null). Empty when there is nothing to do. */
export type DataChange = Readonly<Record<string, string | null>>;

export interface PlannedChange {
  readonly key: string;
  readonly data: DataChange;
  /** What holds afterwards; null when released. */
  readonly entry: IsolationEntry | null;
}

/**
 * What to change in the entries `data` so that `order` holds. The same `request` changes nothing the second time, so a
 * repeated attempt does not prolong the isolation. Entries that have ended are cleared away.
 * @throws Error when there is no room for another entry.
 */
export function planChange(
  data: Readonly<Record<string, string>>,
  order: IsolationOrder,
  { request, now }: { readonly request: string; readonly now: number },
): PlannedChange {
  const key = isolationKey(order.tenantId, order.warehouseId);
  const ended = Object.keys(data).filter((other) => other !== key && hasEnded(data[other], now));
  const cleared = Object.fromEntries(ended.map((other) => [other, null]));
  const present = parseEntry(data[key]);
  if (order.kind === 'release') {
    return { key, data: key in data ? { ...cleared, [key]: null } : cleared, entry: null };
  }
  if (present?.request === request && isSame(present, order)) {
    return { key, data: {}, entry: present };
  }
  const others = Object.keys(data).length - ended.length - (key in data ? 1 : 0);
  if (others >= maxIsolations) {
    throw new Error(
      `could not isolate ${key}: ${others} isolations are in force, which is the most there may be; release some`,
    );
  }
  const entry: IsolationEntry = {
    mode: order.mode,
    expiresAt: new Date(now + order.expiresInMs).toISOString(),
    ...(order.rerouteTo !== null && { rerouteTo: order.rerouteTo }),
    request,
  };
  return { key, data: { ...cleared, [key]: JSON.stringify(entry) }, entry };
}

function isSame(
  entry: IsolationEntry,
  order: Extract<IsolationOrder, { kind: 'isolate' }>,
): boolean {
  return entry.mode === order.mode && (entry.rerouteTo ?? null) === order.rerouteTo;
}

/** Entries that nobody can read are left for people to look at. */
function hasEnded(content: string | undefined, now: number): boolean {
  const entry = parseEntry(content);
  return entry !== null && Date.parse(entry.expiresAt) <= now;
}

function parseEntry(content: string | undefined): IsolationEntry | null {
  try {
    return isolationEntrySchema.safeParse(JSON.parse(content ?? '')).data ?? null;
  } catch {
    return null;
  }
}
