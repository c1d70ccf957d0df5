import type { Sql } from 'postgres';
import { writeTimeline } from '../../services/shared/storage/registry/write-incident.js';
import type { RegistryActivities } from '../contracts/registry.contract.js';
import { withRegistry } from './registry-failures.js';

export const recordTimeline =
  ({ sql }: { readonly sql: Sql }): RegistryActivities['recordTimeline'] =>
  (input) =>
    withRegistry(`timeline of incident ${input.workflowId}`, () => writeTimeline(sql, input));
