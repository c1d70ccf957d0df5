import type { Database } from '../../services/shared/storage/database.js';
import { writeOpened } from '../../services/shared/storage/registry/write-incident.js';
import type { RegistryActivities } from '../contracts/registry.contract.js';
import { withRegistry } from './registry-failures.js';

export const recordOpened =
  ({ sql }: { readonly sql: Database }): RegistryActivities['recordOpened'] =>
  (input) =>
    withRegistry(`opening of incident ${input.workflowId}`, () => writeOpened(sql, input));
