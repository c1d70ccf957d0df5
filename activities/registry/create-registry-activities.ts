import type { Database } from '../../services/shared/storage/database.js';
import type { RegistryActivities } from '../contracts/registry.contract.js';
import { recordClosed } from './record-closed.activity.js';
import { recordOpened } from './record-opened.activity.js';
import { recordTimeline } from './record-timeline.activity.js';

export interface RegistryDependencies {
  readonly sql: Database;
  /** Base URL of monitoring-api. */
  readonly monitoringUrl: string;
}

export function createRegistryActivities({
  sql,
  monitoringUrl,
}: RegistryDependencies): RegistryActivities {
  return {
    recordOpened: recordOpened({ sql }),
    recordTimeline: recordTimeline({ sql }),
    recordClosed: recordClosed({ sql, monitoringUrl, now: () => new Date() }),
  };
}
