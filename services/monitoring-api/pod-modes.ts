import type { OperatingMode } from '../../activities/contracts/monitoring.contract.js';

/** What one pod obeys at the moment of a scrape, and which of its flags it refuses. */
export interface PodModes {
  readonly inForce: readonly PodMode[];
  readonly refusedFlags: readonly { readonly file: string; readonly reason: string }[];
}

export interface PodMode extends Omit<OperatingMode, 'until'> {
  /** Epoch milliseconds; null: until somebody takes it back. */
  readonly until: number | null;
}

export const modeFamilies = {
  readOnly: 'service_read_only',
  shedding: 'service_shedding',
  ends: 'service_mode_ends_seconds',
  isolations: 'service_isolation_ends_seconds',
  refused: 'service_refused_flag',
} as const;

/** Entries of one kind that are taken from a pod; one of ours tells no more. */
const maxEntries = 64;

/** Gathers the modes of a pod from the lines of its `/metrics`. */
export class ModesReader {
  #tells = false;
  readonly #switched = new Set<'read-only' | 'shed'>();
  readonly #ends = new Map<string, number | null>();
  readonly #isolations: PodMode[] = [];
  readonly #refusedFlags: { file: string; reason: string }[] = [];

  /** Takes a sample of one of `modeFamilies`; others are left alone. */
  add(family: string, labels: ReadonlyMap<string, string>, value: number): void {
    const { readOnly, shedding, ends, isolations, refused } = modeFamilies;
    if (family === readOnly) {
      this.#tells = true;
      if (value === 1) this.#switched.add('read-only');
    } else if (family === shedding) {
      if (value === 1) this.#switched.add('shed');
    } else if (family === ends) {
      if (this.#ends.size < maxEntries) this.#ends.set(labels.get('mode') ?? '', readEnd(value));
    } else if (family === isolations && this.#isolations.length < maxEntries) {
      const isolation = {
        tenantId: labels.get('tenant') ?? '?',
        warehouseId: labels.get('warehouse') ?? null,
        mode: labels.get('mode') ?? '?',
      };
      this.#isolations.push({ mode: 'isolated', until: readEnd(value), isolation });
    } else if (family === refused && this.#refusedFlags.length < maxEntries) {
      const [file = '?', reason = '?'] = [labels.get('file'), labels.get('reason')];
      this.#refusedFlags.push({ file, reason });
    }
  }

  /** Null: the pod tells of no modes. */
  read(): PodModes | null {
    if (!this.#tells) return null;
    const switched = [...this.#switched].map((mode): PodMode => ({
      mode,
      until: this.#ends.get(mode) ?? null,
      isolation: null,
    }));
    return {
      inForce: [...switched, ...this.#isolations],
      refusedFlags: this.#refusedFlags,
    };
  }
}

/** What a pod may name as an end: later ones are none. */
const lastEnd = Date.UTC(9999, 11, 31);

/** Epoch milliseconds; null: without an end. */
function readEnd(seconds: number): number | null {
  const end = seconds * 1_000;
  return Math.abs(end) > lastEnd ? null : end;
}
