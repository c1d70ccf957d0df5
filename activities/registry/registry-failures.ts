import { ApplicationFailure } from '@temporalio/common';
import type { FailureType } from '../contracts/failures.contract.js';

const type: FailureType = 'RegistryUnavailable';

/** Runs one write of the registry; whatever goes wrong is worth another attempt, as every write may be repeated. */
export async function withRegistry<T>(what: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw ApplicationFailure.retryable(`could not record ${what}: ${cause}`, type);
  }
}
