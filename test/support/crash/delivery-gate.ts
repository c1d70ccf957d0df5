import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';

/** Where a delivery stands: the request has arrived, the downstream has taken the order, its answer has been sent back. */
export type DeliveryStage = 'arrived' | 'taken' | 'answered';

export interface DeliveryGate {
  readonly url: string;
  close(): void;
}

export interface DeliveryGateOptions {
  /** Base URL of the downstream, asked for each delivery. */
  readonly target: () => string;
  /** Waited for. `lose` is heard at `arrived`: the request gets no further. */
  readonly onStage: (stage: DeliveryStage, key: string) => Promise<'go on' | 'lose'>;
}

/** The wire between one dispatcher and the downstream, held at every stage of a delivery. */
export async function openDeliveryGate(options: DeliveryGateOptions): Promise<DeliveryGate> {
  const server = createServer((request, response) => {
    pass(request, response, options).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function pass(
  request: IncomingMessage,
  response: ServerResponse,
  { target, onStage }: DeliveryGateOptions,
): Promise<void> {
  const key = String(request.headers['idempotency-key']);
  const body = await buffer(request);
  if ((await onStage('arrived', key)) === 'lose') {
    response.destroy();
    return;
  }
  const answer = await fetch(new URL(request.url ?? '/', target()), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body,
    signal: AbortSignal.timeout(10_000),
  });
  const content = Buffer.from(await answer.arrayBuffer());
  if (answer.ok) await onStage('taken', key);
  response.writeHead(answer.status).end(content);
  await finished(response);
  if (answer.ok) await onStage('answered', key);
}
