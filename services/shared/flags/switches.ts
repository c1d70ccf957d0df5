import { z } from 'zod';
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
 * stays as it was, value and end together: half of a bad change is never taken. `lastGood`: null at the first look, when
 * an end that has passed is no fault: nobody sets anything just now.
 */
export function readSwitches(
  files: FlagFiles,
  names: SwitchFiles,
  lastGood: Switches | null,
  now: number,
): { switches: Switches; faults: FlagFault[] } {
  const mode =
    names.mode === null
      ? { timed: usualSwitches.mode }
      : readTimed(files, names.mode, ['normal', 'read-only'], lastGood?.mode ?? null, now);
  const shed = readTimed(files, names.shed, ['none', 'non-critical'], lastGood?.shed ?? null, now);
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
  lastGood: Timed<Value> | null,
  now: number,
): { timed: Timed<Value>; fault?: FlagFault } {
  const [usual] = values;
  const refuse = (file: string, reason: string) => ({
    timed: lastGood ?? { value: usual, until: null },
    fault: { file, reason },
  });
  const text = files.get(names.value)?.trim() ?? '';
  const value = text === '' ? usual : values.find((known) => known === text);
  if (value === undefined) {
    const reason = `unknown value "${text.slice(0, 40)}"; known: ${values.join(', ')}`;
    return refuse(names.value, reason);
  }
  const expiry = files.get(names.expiresAt)?.trim();
  // A command that computes the end and fails leaves nothing: that means no endless mode.
  if (expiry === '' && value !== usual) {
    return refuse(names.expiresAt, 'it is empty; write 2026-01-31T09:30:00Z, or no such key');
  }
  const until = expiry === undefined || expiry === '' ? null : parseInstant(expiry);
  if (Number.isNaN(until)) {
    const reason = `"${expiry?.slice(0, 40)}" is no instant; write 2026-01-31T09:30:00Z`;
    return refuse(names.expiresAt, reason);
  }
  const timed = { value, until };
  if (value !== usual && !isInForce(timed, now) && wasSetInVain(timed, lastGood, now)) {
    return refuse(names.expiresAt, `"${expiry}" has passed: set the value and a new end together`);
  }
  return { timed };
}

/** Not when it is as it was, and has ended since, nor when it ends what is in force. */
function wasSetInVain<Value extends string>(
  { value, until }: Timed<Value>,
  lastGood: Timed<Value> | null,
  now: number,
): boolean {
  if (lastGood === null) return false;
  if (lastGood.value === value) return !isInForce(lastGood, now) && lastGood.until !== until;
  return true;
}

/** NaN for anything but ISO 8601 with a zone: a local time would mean another instant on every machine. */
function parseInstant(text: string): number {
  return instant.safeParse(text).success ? Date.parse(text) : NaN;
}

/** Refuses 31 February, which `Date.parse` takes for a day in March. */
const instant = z.iso.datetime({ offset: true });
