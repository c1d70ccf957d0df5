import type { IncidentSeries } from '../../services/shared/storage/registry/incident-record.js';
import type { SloSeries } from '../contracts/monitoring.contract.js';
import type { RecordClosedInput } from '../contracts/registry.contract.js';

/** Well within the activity's own ten seconds: a monitor that hangs must not keep a closing from being recorded. */
const timeoutMs = 4_000;
/** A day-long incident needs no two days of calm before it. */
const longestLeadMs = 3_600_000;

/**
 * The SLO series through the incident: from twice its length before it began until now.
 * Never fails: without series the post-mortem says why there are none.
 */
export async function readImpactSeries(
  monitoringUrl: string,
  { service, breachedFrom, detectedAt }: RecordClosedInput,
  now: Date,
): Promise<IncidentSeries> {
  const began = Date.parse(breachedFrom ?? detectedAt);
  const lead = Math.min(2 * Math.max(now.getTime() - began, 0), longestLeadMs);
  const url = new URL('/monitoring/series', monitoringUrl);
  url.search = new URLSearchParams({
    service,
    from: new Date(began - lead).toISOString(),
    to: now.toISOString(),
  }).toString();
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    if (!response.ok) throw new Error(`monitoring answered ${response.status}`);
    const { series } = (await response.json()) as { readonly series: readonly SloSeries[] };
    return series.some(({ points }) => points.length > 0)
      ? { series, note: null }
      : { series: [], note: 'monitoring holds no samples of the impact window' };
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    return { series: [], note: `could not read series ${service}: ${cause}` };
  }
}
