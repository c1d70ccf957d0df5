import type { Milliseconds } from '../../configuration/duration.schema.js';

/** Where one alert stands. Times are epoch milliseconds. */
export interface AlertState {
  readonly state: 'inactive' | 'pending' | 'firing' | 'resolved';
  /** When it entered this state. */
  readonly since: number;
  /** When the condition of the present or last alert began to hold: the alert's `startsAt`. */
  readonly activeAt: number | null;
  /** While firing: since when the condition no longer holds. */
  readonly clearSince: number | null;
}

export interface AlertStep {
  readonly at: number;
  /** What this evaluation says of the condition; `unknown` leaves the alert as it is. */
  readonly condition: 'holds' | 'clear' | 'unknown';
  readonly timing: { readonly for: Milliseconds; readonly keepFiringFor: Milliseconds };
  /** How long a resolved alert stays in view before it is forgotten. */
  readonly rememberResolvedMs: Milliseconds;
}

/** One step of inactive → pending → firing → resolved. */
export function stepAlert(before: AlertState | null, step: AlertStep): AlertState {
  const { at, condition, timing } = step;
  const enter = (state: AlertState['state'], activeAt: number | null): AlertState => ({
    state,
    since: at,
    activeAt,
    clearSince: null,
  });
  const begin = (): AlertState => enter(timing.for === 0 ? 'firing' : 'pending', at);

  const state = before ?? enter('inactive', null);
  switch (state.state) {
    case 'inactive':
      return condition === 'holds' ? begin() : state;
    case 'pending':
      if (condition === 'clear') return enter('inactive', null);
      return condition === 'holds' && at - state.since >= timing.for
        ? enter('firing', state.activeAt)
        : state;
    case 'firing': {
      if (condition !== 'clear') return { ...state, clearSince: null };
      const clearSince = state.clearSince ?? at;
      return at - clearSince >= timing.keepFiringFor
        ? enter('resolved', state.activeAt)
        : { ...state, clearSince };
    }
    case 'resolved':
      if (condition === 'holds') return begin();
      return at - state.since >= step.rememberResolvedMs ? enter('inactive', null) : state;
  }
}

/** The same state as of a clock that was set back to `at`: what it waits for begins anew. */
export const asOf = <State extends AlertState>(state: State, at: number): State => ({
  ...state,
  since: at,
  clearSince: null,
});
