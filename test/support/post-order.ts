/** What every order is for. */
export const orderLines = [{ sku: 'SKU-0001', quantity: 1 }];

/** Hands an order to outbound-api as a caller does, its reference also being its idempotency key. Waits five seconds. */
export const postOrder = (
  outboundUrl: string,
  { tenantId, reference }: { readonly tenantId: string; readonly reference: string },
): Promise<Response> =>
  fetch(`${outboundUrl}/outbound/orders`, {
    method: 'POST',
    headers: {
      'x-tenant-id': tenantId,
      'idempotency-key': reference,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ warehouseId: 'north', reference, lines: orderLines }),
    signal: AbortSignal.timeout(5_000),
  });
