import type {
  ServiceHealth,
  SloName,
  SloReading,
} from '../../activities/contracts/monitoring.contract.js';
import type { AlertSettings } from '../../configuration/alerts.schema.js';
import type { Slo } from '../../configuration/services.schema.js';
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

export interface HealthInput {
  readonly service: string;
  readonly objective: Slo;
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
  const { reads, writes } = store.traffic(from, now);
  const requests = (reads?.requests ?? 0) + (writes?.requests ?? 0);
  return {
    service,
    status: statusOf(slos, isBreached(rolling, objective, alerts)),
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

function isBreached(counts: WindowCounts, objective: Slo, alerts: AlertSettings): boolean {
  return sloNames.some((slo) => {
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
