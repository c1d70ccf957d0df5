import type { FlagFiles } from './flag-folder.js';

/** A value other than the usual one, and when it ends. */
export interface Timed<Value extends string> {
  readonly value: Value;
  /** Milliseconds since 1970; null: until somebody takes it back. */
  readonly until: number | null;
}

/** What the switches of a service say, whatever the time is. */
export interface Switches {
  readonly mode: Timed<'normal' | 'read-only'>;
  readonly shed: Timed<'none' | 'non-critical'>;
}

/** The files that hold a switch and its end. */
export interface SwitchNames {
  readonly value: string;
  readonly expiresAt: string;
}

export interface SwitchFiles {
  /** Null: the service has no such switch. */
  readonly mode: SwitchNames | null;
  readonly shed: SwitchNames;
}

/** A file that says something impossible, and what would be right. */
export interface FlagFault {
  readonly file: string;
  readonly reason: string;
}

export const usualSwitches: Switches = {
  mode: { value: 'normal', until: null },
  shed: { value: 'none', until: null },
};

/**
 * Reads the switches out of their files. A missing file means the usual value; a bad one is reported, and that switch
 * stays as it was, value and end together: half of a bad change is never taken.
 */
export function readSwitches(
  files: FlagFiles,
  names: SwitchFiles,
  lastGood: Switches,
): { switches: Switches; faults: FlagFault[] } {
  const mode =
    names.mode === null
      ? { timed: usualSwitches.mode }
      : readTimed(files, names.mode, ['normal', 'read-only'], lastGood.mode);
  const shed = readTimed(files, names.shed, ['none', 'non-critical'], lastGood.shed);
  const faults = [mode, shed].flatMap(({ fault }: { fault?: FlagFault }) => fault ?? []);
  return { switches: { mode: mode.timed, shed: shed.timed }, faults };
}

/** Whether its end has not come yet. */
export function isInForce({ until }: { readonly until: number | null }, now: number): boolean {
  return until === null || now < until;
}

function readTimed<Value extends string>(
  files: FlagFiles,
  names: SwitchNames,
  values: readonly [usual: Value, ...others: Value[]],
  lastGood: Timed<Value>,
): { timed: Timed<Value>; fault?: FlagFault } {
  const text = files.get(names.value)?.trim() ?? '';
  const value = text === '' ? values[0] : values.find((known) => known === text);
  if (value === undefined) {
    const reason = `unknown value "${text.slice(0, 40)}"; known: ${values.join(', ')}`;
    return { timed: lastGood, fault: { file: names.value, reason } };
  }
  const expiry = files.get(names.expiresAt)?.trim() ?? '';
  const until = expiry === '' ? null : parseInstant(expiry);
  if (Number.isNaN(until)) {
    const reason = `"${expiry.slice(0, 40)}" is no instant; write 2026-01-31T09:30:00Z`;
    return { timed: lastGood, fault: { file: names.expiresAt, reason } };
  }
  return { timed: { value, until } };
}

/** NaN for anything but ISO 8601 with a zone: a local time would mean another instant on every machine. */
function parseInstant(text: string): number {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text)
    ? Date.parse(text)
    : NaN;
}
