import { ApplicationFailure } from '@temporalio/common';
import { isRefusedForGood } from '../../services/shared/storage/is-refused-for-good.js';
import type { FailureType } from '../contracts/failures.contract.js';

const refused: FailureType = 'InvalidRecord';
const unavailable: FailureType = 'RegistryUnavailable';

/** Runs one write of the registry; as every write may be repeated, all is worth another attempt but what is refused for good. */
export async function withRegistry<T>(what: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    const message = `could not record ${what}: ${cause}`;
    throw isRefusedForGood(error)
      ? ApplicationFailure.nonRetryable(message, refused)
      : ApplicationFailure.retryable(message, unavailable);
  }
}
