import { nextTraceparent } from '../shared/telemetry/trace-context.js';

export interface OutgoingOrder {
  readonly id: string;
  readonly tenantId: string;
  readonly warehouseId: string;
  readonly reference: string;
  readonly lines: unknown;
  /** Of the request that accepted it; null for orders older than that. */
  readonly traceparent: string | null;
}

/** `refused`: the downstream read the order and will not have it. `unavailable`: nothing is known, try again. */
export type Delivery =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'refused' | 'unavailable'; readonly reason: string };

export const deliveryKinds: readonly Delivery['kind'][] = ['delivered', 'refused', 'unavailable'];

/** Sends one order, as part of the trace that accepted it. Its id is the `Idempotency-Key`, the same at every attempt.
 *  Never throws. */
export async function deliver(
  downstreamUrl: string,
  { id, tenantId, warehouseId, reference, lines, traceparent }: OutgoingOrder,
  timeoutMs: number,
): Promise<Delivery> {
  try {
    const response = await fetch(`${downstreamUrl.replace(/\/$/, '')}/orders`, {
      method: 'POST',
      // Followed, a redirect to some page that answers 200 would pass for a delivery.
      redirect: 'manual',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': id,
        traceparent: nextTraceparent(traceparent),
      },
      body: JSON.stringify({ tenantId, warehouseId, reference, lines }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    return judge(response.status);
  } catch (error) {
    return { kind: 'unavailable', reason: describe(error as Error) };
  }
}

function judge(status: number): Delivery {
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  const reason = `the downstream answered ${status}`;
  const isRefusal = status >= 400 && status < 500 && status !== 408 && status !== 429;
  return { kind: isRefusal ? 'refused' : 'unavailable', reason };
}

/** `fetch` says only that it failed; why is in the cause. */
function describe({ message, cause }: Error): string {
  return cause instanceof Error && cause.message !== '' ? `${message}: ${cause.message}` : message;
}
