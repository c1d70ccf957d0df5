import type { TimelineEvent } from '../../../activities/contracts/registry.contract.js';
import type { FailedWritesSummary } from '../storage/audit/read-failed-writes.js';
import type { IncidentRecord, IncidentSeries } from '../storage/registry/incident-record.js';

/** All that a post-mortem may say: what the registry holds of the episode. JSON. */
export interface PostmortemFacts extends IncidentSeries {
  readonly incident: IncidentRecord;
  readonly timeline: readonly TimelineEvent[];
  /** Within the impact window, as far as they are recorded by now. Null while the incident is open. */
  readonly failedWrites: FailedWritesSummary | null;
  /** How many events are left out in the middle of a very long timeline. */
  readonly omittedEvents: number;
}
