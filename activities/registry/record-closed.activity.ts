import { firstFailedWrite } from '../../services/shared/storage/audit/read-failed-writes.js';
import type { Database } from '../../services/shared/storage/database.js';
import type { DatedImpact } from '../../services/shared/storage/registry/incident-record.js';
import { writeClosed, writeSeries } from '../../services/shared/storage/registry/write-incident.js';
import type { SloSeries } from '../contracts/monitoring.contract.js';
import type { RecordClosedInput, RegistryActivities } from '../contracts/registry.contract.js';
import { dateImpact } from './date-impact.js';
import { readImpactSeries } from './read-impact-series.js';
import { withRegistry } from './registry-failures.js';

interface Dependencies {
  readonly sql: Database;
  readonly monitoringUrl: string;
  readonly now: () => Date;
}

/** The outcome does not depend on monitoring: without its series the impact is dated by less, and the chart is missing. */
export const recordClosed =
  ({ sql, monitoringUrl, now }: Dependencies): RegistryActivities['recordClosed'] =>
  (input) =>
    withRegistry(`closing of incident ${input.workflowId}`, async () => {
      const kept = await readImpactSeries(monitoringUrl, input, now());
      await writeClosed(sql, input, await dateImpactOf(sql, input, kept.series));
      await writeSeries(sql, input.runId, kept);
    });

/** Null when no breach was seen. */
async function dateImpactOf(
  sql: Database,
  { service, breachedFrom, verdictWindowMs: windowMs }: RecordClosedInput,
  series: readonly SloSeries[],
): Promise<DatedImpact | null> {
  if (breachedFrom === null) return null;
  const foundAt = Date.parse(breachedFrom);
  const from = new Date(foundAt - windowMs).toISOString();
  const first = await firstFailedWrite(sql, { service, from, to: breachedFrom });
  return dateImpact({ foundAt, windowMs, firstFailedWriteAt: first?.getTime() ?? null }, series);
}
