import type {
  ServiceHealth,
  SloName,
  SloReading,
} from '../../activities/contracts/monitoring.contract.js';
import type { AlertSettings } from '../../configuration/alerts.schema.js';
import type { ServiceSettings, Slo } from '../../configuration/services.schema.js';
import { readBacklog } from './backlog.js';
import { readModes } from './service-modes.js';
import type { ServiceStore } from './service-store.js';
import {
  badByChance,
  budgetPercent,
  exceeds,
  minimumSamples,
  readSlo,
  shareOf,
  sloNames,
} from './slo.js';
import type { WindowCounts } from './slo.js';
import { explainStatus } from './status-reason.js';

export interface HealthInput {
  readonly service: string;
  readonly objective: Slo;
  readonly queue: ServiceSettings['queue'];
  readonly alerts: AlertSettings;
  readonly store: ServiceStore;
  readonly now: number;
  /** Only what happened after this instant counts; null: whatever the verdict window holds. */
  readonly since: number | null;
  /** When the present breach began, as the evaluations saw it. */
  readonly breachedSince: number | null;
}

/** What monitoring can prove of a service at `now`, over the verdict window. */
export function assessHealth(input: HealthInput): ServiceHealth {
  const { service, objective, alerts, store, now } = input;
  const from = Math.min(Math.max(input.since ?? 0, now - alerts.verdictWindow), now);
  const rolling = store.counts(now - objective.windowMinutes * 60_000, now);
  const slos = readSlos(input, from, rolling);
  const missed = missedOf(rolling, objective, alerts);
  const status = statusOf(slos, missed.length > 0);
  const { reads, writes } = store.traffic(from, now);
  const requests = (reads?.requests ?? 0) + (writes?.requests ?? 0);
  return {
    service,
    status,
    reason: explainStatus({
      status,
      slos,
      missed,
      windowMs: now - from,
      objectiveMinutes: objective.windowMinutes,
      metFrom: () => metAgainFrom(input),
    }),
    at: new Date(now).toISOString(),
    slos,
    breachedSince:
      input.breachedSince === null ? null : new Date(input.breachedSince).toISOString(),
    pods: store.pods(from, now, objective.latencyP95Ms),
    requestRate: now > from ? requests / ((now - from) / 1_000) : 0,
    writes,
    reads,
    tenants: store.parties('tenants', from, now),
    warehouses: store.parties('warehouses', from, now),
    modes: readModes(store, from, now),
    backlog: readBacklog(store, input.queue),
  };
}

function readSlos(input: HealthInput, from: number, rolling: WindowCounts): SloReading[] {
  const { service, objective, alerts, store, now, since } = input;
  const windowMs = now - from;
  const tooEarly =
    since !== null && windowMs < alerts.verdictWindow
      ? `only ${windowMs} ms since ${new Date(since).toISOString()}, ${alerts.verdictWindow} ms needed`
      : null;
  const rollingFrom = now - objective.windowMinutes * 60_000;
  const counts = store.counts(from, now);
  const gaps = findGaps(store, alerts, now);
  return sloNames.map((slo) => {
    const { blind, partial } = doubtsOf(slo, gaps, store.lacks(from));
    return readSlo({
      service,
      slo,
      objective,
      minSamples: minimumSamples(slo, alerts.minimumSamples),
      counts,
      from,
      windowMs,
      rolling: slo !== 'availability' && store.lacks(rollingFrom) !== null ? null : rolling,
      blind: tooEarly ?? blind,
      partial,
    });
  });
}

/** What of a service cannot be seen now, and why; each null when it can. */
export interface Gaps {
  readonly requests: string | null;
  /** Requests of some pods, while those of others can be. */
  readonly pods: string | null;
  readonly probes: string | null;
}

export function findGaps(
  store: ServiceStore,
  alerts: Pick<AlertSettings, 'scrapeInterval' | 'probeInterval' | 'probeTimeout'>,
  now: number,
): Gaps {
  // One missed scrape is chance, a second one is a gap.
  const staleScrape = 3 * alerts.scrapeInterval;
  const requests = store.scrapeBlindness(now, staleScrape);
  return {
    requests,
    pods: requests === null ? store.scrapeGaps(now, staleScrape) : null,
    probes: store.probeBlindness(now, staleProbeMs(alerts)),
  };
}

/** After how long without the end of a probe they cannot be seen any more. */
export const staleProbeMs = (
  alerts: Pick<AlertSettings, 'probeInterval' | 'probeTimeout'>,
): number => 2 * alerts.probeInterval + alerts.probeTimeout;

interface Doubts {
  /** Why nothing can be said. */
  readonly blind: string | null;
  /** Why calm numbers would not prove health. */
  readonly partial: string | null;
}

/** What `gaps` mean for an SLO over a window that `lacks` the requests of pods, or none (null). */
export function doubtsOf(slo: SloName, gaps: Gaps, lacks: string | null): Doubts {
  return slo === 'availability'
    ? { blind: gaps.probes, partial: null }
    : { blind: gaps.requests, partial: gaps.pods ?? lacks };
}

/** Steps in which the rolling window is looked at as it moves on. */
const steps = 12;

/** When the rolling objective is met again if nothing happens any more, rounded up to a twelfth of its window. What goes
 *  well meanwhile only brings it nearer. */
function metAgainFrom({ store, objective, alerts, now }: HealthInput): number {
  const window = objective.windowMinutes * 60_000;
  const instants = Array.from(
    { length: steps },
    (_, index) => now + ((index + 1) * window) / steps,
  );
  const isMet = (at: number): boolean =>
    missedOf(store.counts(at - window, now), objective, alerts).length === 0;
  const lastMissed = instants.findLastIndex((at) => !isMet(at));
  return instants[lastMissed + 1] ?? now + window;
}

/** The objectives that these counts prove to be missed. */
function missedOf(counts: WindowCounts, objective: Slo, alerts: AlertSettings): SloName[] {
  return sloNames.filter((slo) => {
    const share = shareOf(slo, counts, objective);
    return (
      share.total >= minimumSamples(slo, alerts.minimumSamples) &&
      share.bad > badByChance &&
      exceeds(slo, share, budgetPercent(slo, objective), 1)
    );
  });
}

function statusOf(slos: readonly SloReading[], rollingBreached: boolean): ServiceHealth['status'] {
  if (slos.some(({ state }) => state === 'breached')) return 'critical';
  // Before `warning`, which says that all is well now: nobody may take missing proof for health.
  if (slos.some(({ state }) => state === 'unproven')) return 'unproven';
  return rollingBreached ? 'warning' : 'ok';
}

const ranking = ['critical', 'unproven', 'warning', 'ok'] as const;

/** The worst of several services. Nothing asked, nothing proven. */
export function worstStatus(services: readonly ServiceHealth[]): ServiceHealth['status'] {
  return ranking.find((rank) => services.some(({ status }) => status === rank)) ?? 'unproven';
}
