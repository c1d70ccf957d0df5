import type { Database } from '../shared/storage/database.js';
import type { Claim, ClaimedOrder, Round, Stop } from './claim-orders.js';
import { claimOrders } from './claim-orders.js';

/**
 * Claims in rounds of all tenants, each going on where the last one ended. Finds nothing only when a whole round found
 * nothing, or `signal` aborted. Each dispatcher has its own, and claims one at a time.
 */
export function createClaimer(
  database: Database,
): (claim: Claim, signal: AbortSignal) => Promise<ClaimedOrder[]> {
  let at: Stop = { tenantId: '', warehouseId: '' };
  return async (claim, signal) => {
    let round: Round = { began: at, at, lap: 0 };
    for (;;) {
      const claimed = await claimOrders(database, round, claim);
      ({ round } = claimed);
      ({ at } = round);
      if (claimed.orders.length > 0 || claimed.isWhole || signal.aborted) return claimed.orders;
    }
  };
}
