import { ApplicationFailure } from '@temporalio/common';
import type { FailureType } from './contracts/failures.contract.js';

/** Trying again cannot help. */
const finalTypes: ReadonlySet<FailureType> = new Set<FailureType>([
  'InvalidResource',
  'Forbidden',
  'TargetNotFound',
  'PlanChanged',
  'FenceLost',
  'RolloutStuck',
  'InvalidQuery',
  'InvalidRecord',
]);

/** The one way an activity fails on purpose: its type decides whether the server tries again. */
export function createFailure(
  type: FailureType,
  message: string,
  retryAfterMs?: number,
): ApplicationFailure {
  return ApplicationFailure.create({
    type,
    message,
    nonRetryable: finalTypes.has(type),
    ...(retryAfterMs !== undefined && { nextRetryDelay: retryAfterMs }),
  });
}
