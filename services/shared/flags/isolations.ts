import type { IsolationMode } from '../../../configuration/isolation.schema.js';
import {
  isolationEntrySchema,
  maxIsolations,
  parseIsolationKey,
} from '../../../configuration/isolation.schema.js';
import type { FlagFiles } from './flag-folder.js';
import type { FlagFault } from './switches.js';

/** A tenant, or one warehouse of it, set apart for a while. */
export interface Isolation {
  readonly tenantId: string;
  /** Null: all of them. */
  readonly warehouseId: string | null;
  readonly mode: IsolationMode;
  /** Milliseconds since 1970. */
  readonly until: number;
  /** The warehouse that serves new work instead. */
  readonly rerouteTo: string | null;
}

/** By file. */
export type Isolations = ReadonlyMap<string, Isolation>;

/** Reads one isolation per file. A bad file is reported and what it said before still holds; no file, no isolation. */
export function readIsolations(
  files: FlagFiles,
  lastGood: Isolations,
): { isolations: Isolations; faults: FlagFault[] } {
  const isolations = new Map<string, Isolation>();
  const faults: FlagFault[] = [];
  for (const [file, content] of files) {
    const read = isolations.size < maxIsolations ? readIsolation(file, content) : tooMany;
    const isolation = typeof read === 'string' ? lastGood.get(file) : read;
    if (typeof read === 'string') faults.push({ file, reason: read });
    if (isolation !== undefined) isolations.set(file, isolation);
  }
  return { isolations, faults };
}

const tooMany = `more than ${maxIsolations} isolations: release some`;

/** The isolation, or what is wrong with it. */
function readIsolation(file: string, content: string): Isolation | string {
  const place = parseIsolationKey(file);
  if (place === null) return 'the key must be TENANT or TENANT.WAREHOUSE';
  const entry = isolationEntrySchema.safeParse(parseJson(content));
  if (!entry.success) {
    return entry.error.issues
      .map((issue) => `${issue.path.join('.') || 'entry'}: ${issue.message}`)
      .join('; ');
  }
  const { mode, expiresAt, rerouteTo = null } = entry.data;
  return { ...place, mode, until: Date.parse(expiresAt), rerouteTo };
}

function parseJson(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}
