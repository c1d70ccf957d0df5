import type { Milliseconds } from './duration.schema.js';
import type { Policy } from './policy.schema.js';
import type { ServiceSettings } from './services.schema.js';

/** The slice of the configuration that one incident carries with it, from its opening to its end. */
export interface Settings {
  readonly service: ServiceSettings;
  readonly policy: Policy;
  /** The windows monitoring judges by: a verdict after a change needs at least this much time. */
  readonly verdictWindow: Milliseconds;
  /** Names of the overriding configuration folder, when one is in force (`local`): shown in reports. */
  readonly override: string | null;
}
