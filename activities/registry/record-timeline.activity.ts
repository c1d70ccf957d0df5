import type { Database } from '../../services/shared/storage/database.js';
import { writeTimeline } from '../../services/shared/storage/registry/write-incident.js';
import type { RegistryActivities } from '../contracts/registry.contract.js';
import { withRegistry } from './registry-failures.js';

export const recordTimeline =
  ({ sql }: { readonly sql: Database }): RegistryActivities['recordTimeline'] =>
  (input) =>
    withRegistry(`timeline of incident ${input.workflowId}`, () => writeTimeline(sql, input));
