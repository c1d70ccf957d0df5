import type { TimelineEvent } from '../../../activities/contracts/registry.contract.js';
import type { IncidentRecord, IncidentSeries } from '../storage/registry/incident-record.js';

/** All that a post-mortem may say: what the registry holds of the episode. JSON. */
export interface PostmortemFacts extends IncidentSeries {
  readonly incident: IncidentRecord;
  readonly timeline: readonly TimelineEvent[];
  /** How many events are left out in the middle of a very long timeline. */
  readonly omittedEvents: number;
}
