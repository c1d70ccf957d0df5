import { isRefusedForGood } from '../../services/shared/storage/is-refused-for-good.js';
import { createFailure } from '../failure.js';

/** Runs one write of the registry; as every write may be repeated, all is worth another attempt but what is refused for good. */
export async function withRegistry<T>(what: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw createFailure(
      isRefusedForGood(error) ? 'InvalidRecord' : 'RegistryUnavailable',
      `could not record ${what}: ${cause}`,
    );
  }
}
