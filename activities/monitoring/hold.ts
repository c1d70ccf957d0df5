import type {
  ServiceHealth,
  SloReading,
  Verdict,
  WatchVerdictInput,
} from '../contracts/monitoring.contract.js';

/** What successive readings have shown so far. Plain JSON: it travels in heartbeats to the next attempt. */
export interface HoldState {
  /** The monitor's time of the first of the proofs that have stood without a gap; null when the last reading was none. */
  readonly provenFrom: string | null;
  /** The monitor's time of the newest of them. */
  readonly provenUntil: string | null;
  /** When monitoring was last asked, by our clock. */
  readonly askedAt: string;
  /** The last reading; empty when monitoring could not be read. */
  readonly slos: readonly SloReading[];
  /** Why monitoring could not be read the last time. */
  readonly blind: string | null;
}

/** One answer of monitoring, or why there was none. */
export type HealthReading = { readonly health: ServiceHealth } | { readonly blind: string };

/** Below this a pause between readings is the machine being busy, not a worker that was gone. */
const shortestGapMs = 5_000;
const pollsPerGap = 3;

type HoldInput = Pick<WatchVerdictInput, 'service' | 'since' | 'holdForMs' | 'pollMs' | 'deadline'>;

/** Takes in one reading. Anything but a proof that all is well ends the hold; so does a time in which nobody looked. */
export function foldReading(
  previous: HoldState | null,
  reading: HealthReading,
  { since, pollMs }: HoldInput,
  now: string,
): HoldState {
  if ('blind' in reading) {
    return { provenFrom: null, provenUntil: null, askedAt: now, slos: [], blind: reading.blind };
  }
  const { slos, at } = reading.health;
  const seen = { askedAt: now, slos, blind: null };
  const isProven =
    slos.length > 0 &&
    slos.every(({ state, from }) => state === 'ok' && Date.parse(from) >= Date.parse(since));
  if (!isProven) return { ...seen, provenFrom: null, provenUntil: null };
  const gapMs = previous === null ? 0 : Date.parse(now) - Date.parse(previous.askedAt);
  const continues = gapMs <= Math.max(pollsPerGap * pollMs, shortestGapMs);
  return { ...seen, provenFrom: (continues && previous?.provenFrom) || at, provenUntil: at };
}

/** How long the proof has stood, by the monitor's clock: a monitor that repeats an old answer adds nothing. */
export function heldForMs({ provenFrom, provenUntil }: HoldState): number {
  return provenFrom === null || provenUntil === null
    ? 0
    : Date.parse(provenUntil) - Date.parse(provenFrom);
}

/** The verdict, or null while it is open. */
export function decideVerdict(state: HoldState, input: HoldInput, now: string): Verdict | null {
  const { service, since, holdForMs, deadline } = input;
  const held = heldForMs(state);
  const verdict = (kind: Verdict['kind'], summary: string): Verdict => ({
    kind,
    service,
    since,
    decidedAt: now,
    heldForMs: kind === 'recovered' ? held : 0,
    slos: state.slos,
    summary: `${service} ${summary}`,
  });
  if (state.provenFrom !== null && held >= holdForMs) {
    return verdict('recovered', `held its objectives for ${seconds(held)}: ${list(state.slos)}`);
  }
  if (Date.parse(now) < Date.parse(deadline)) return null;
  const breached = state.slos.filter(({ state: is }) => is === 'breached');
  if (breached.length > 0) {
    return verdict('not-recovered', `is still in breach: ${list(breached)}`);
  }
  return verdict('unproven', `could not be proven well: ${whyUnproven(state, input)}`);
}

function whyUnproven(state: HoldState, { holdForMs }: HoldInput): string {
  if (state.blind !== null) return state.blind;
  if (state.provenFrom !== null) {
    return `its objectives held for ${seconds(heldForMs(state))} of the ${seconds(holdForMs)} asked for: ${list(state.slos)}`;
  }
  const unproven = state.slos.filter(({ state: is }) => is === 'unproven');
  return unproven.length > 0 ? list(unproven) : 'its readings begin before the change';
}

function list(readings: readonly SloReading[]): string {
  return readings.map(describe).join(', ');
}

function describe({ slo, state, value, threshold, unit, samples, reason }: SloReading): string {
  const suffix = unit === 'ms' ? ' ms' : ' %';
  if (state === 'unproven') return `${slo} unproven (${reason ?? `${samples} samples`})`;
  const shown = value === null ? 'no value' : `${Number(value.toFixed(2))}${suffix}`;
  return `${slo} ${shown} (objective ${threshold}${suffix}, ${samples} samples)`;
}

function seconds(ms: number): string {
  return `${Number((ms / 1_000).toFixed(1))} s`;
}
