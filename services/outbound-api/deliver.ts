import type { ClaimedOrder } from './queue.js';

/** `refused`: the downstream read the order and will not have it. `unavailable`: nothing is known, try again. */
export type Delivery =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'refused' | 'unavailable'; readonly reason: string };

/** Sends one order. Its id is the `Idempotency-Key`, the same at every attempt. Never throws. */
export async function deliver(
  downstreamUrl: string,
  { id, tenantId, warehouseId, reference, lines }: ClaimedOrder,
  timeoutMs: number,
): Promise<Delivery> {
  try {
    const response = await fetch(new URL('/orders', downstreamUrl), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': id },
      body: JSON.stringify({ tenantId, warehouseId, reference, lines }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    return judge(response.status);
  } catch (error) {
    return { kind: 'unavailable', reason: (error as Error).message };
  }
}

function judge(status: number): Delivery {
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  const reason = `the downstream answered ${status}`;
  const isRefusal = status >= 400 && status < 500 && status !== 408 && status !== 429;
  return { kind: isRefusal ? 'refused' : 'unavailable', reason };
}
