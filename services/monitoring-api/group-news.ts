import type { Alert } from './alert.js';

/**
 * What one receiver is to be told of one group of alerts. Of each alert only the newest word is kept: while it is in
 * view, and after that until the receiver has accepted it.
 */
export class GroupNews {
  /** By fingerprint. */
  readonly #alerts = new Map<string, Alert>();
  /** `state|startsAt` of the newest word that was accepted, by fingerprint. */
  readonly #accepted = new Map<string, string>();

  /** Takes over what is in view now, by fingerprint. */
  update(inView: ReadonlyMap<string, Alert>): void {
    for (const [fingerprint, alert] of inView) this.#alerts.set(fingerprint, alert);
    for (const [fingerprint, alert] of this.#alerts) {
      if (inView.has(fingerprint) || !this.#isAccepted(alert)) continue;
      this.#alerts.delete(fingerprint);
      this.#accepted.delete(fingerprint);
    }
  }

  /** All that fires, and what was resolved and is not accepted yet. */
  words(): Alert[] {
    return [...this.#alerts.values()].filter(
      (alert) => alert.state === 'firing' || !this.#isAccepted(alert),
    );
  }

  /** Whether some word of these is new to the receiver. */
  isNews(words: readonly Alert[]): boolean {
    return words.some((alert) => !this.#isAccepted(alert));
  }

  /** Notes that the receiver has accepted these. */
  accept(words: readonly Alert[]): void {
    for (const alert of words) this.#accepted.set(alert.fingerprint, wordOf(alert));
  }

  #isAccepted(alert: Alert): boolean {
    return this.#accepted.get(alert.fingerprint) === wordOf(alert);
  }
}

/**
 * The newest word on each alert that is no longer pending, by group (a service and an SLO, or a service alone) and
 * fingerprint. A rule that is back after a reload may stand there twice.
 */
export function byGroup(alerts: readonly Alert[]): Map<string, Map<string, Alert>> {
  const groups = new Map<string, Map<string, Alert>>();
  for (const alert of alerts) {
    if (alert.state === 'pending') continue;
    const { service = '', slo = '' } = alert.labels;
    const key = `${service}/${slo}`;
    const group = groups.get(key) ?? new Map<string, Alert>();
    const other = group.get(alert.fingerprint);
    if (other === undefined || isNewer(alert, other)) group.set(alert.fingerprint, alert);
    groups.set(key, group);
  }
  return groups;
}

const isNewer = (alert: Alert, other: Alert): boolean =>
  alert.state === 'firing' || (other.state !== 'firing' && alert.startsAt > other.startsAt);

const wordOf = ({ state, startsAt }: Alert): string => `${state}|${startsAt}`;
