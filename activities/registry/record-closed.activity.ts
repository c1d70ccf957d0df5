import type { Database } from '../../services/shared/storage/database.js';
import { writeClosed, writeSeries } from '../../services/shared/storage/registry/write-incident.js';
import type { RegistryActivities } from '../contracts/registry.contract.js';
import { readImpactSeries } from './read-impact-series.js';
import { withRegistry } from './registry-failures.js';

interface Dependencies {
  readonly sql: Database;
  readonly monitoringUrl: string;
  readonly now: () => Date;
}

/** The outcome first: it must not depend on monitoring, whose series only illustrate it. */
export const recordClosed =
  ({ sql, monitoringUrl, now }: Dependencies): RegistryActivities['recordClosed'] =>
  (input) =>
    withRegistry(`closing of incident ${input.workflowId}`, async () => {
      await writeClosed(sql, input);
      await writeSeries(sql, input.runId, await readImpactSeries(monitoringUrl, input, now()));
    });
