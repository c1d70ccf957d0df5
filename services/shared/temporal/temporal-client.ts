import {
  Client,
  Connection,
  defaultGrpcRetryOptions,
  isGrpcServiceError,
  makeGrpcRetryInterceptor,
} from '@temporalio/client';
import type { TemporalAddress } from './temporal-address.js';

export interface TemporalSettings extends TemporalAddress {
  readonly namespace: string;
}

export interface TemporalClient {
  readonly client: Client;
  /** Runs the calls made inside `call` under one deadline: without it a call would wait for ever. */
  within<T>(ms: number, call: () => Promise<T>): Promise<T>;
  /** Resolves when the namespace answers. @throws the gRPC error otherwise. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** A client that connects on first use and again after an outage. Creating it never fails and never waits. */
export function createTemporalClient({ namespace, ...address }: TemporalSettings): TemporalClient {
  const connection = Connection.lazy({
    ...address,
    channelArgs: {
      // gRPC's own pause between attempts grows to two minutes: far too long for alerts.
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 1_000,
    },
    // Few and quick: a caller with a deadline would rather hear "unreachable" and have its sender try again.
    interceptors: [makeGrpcRetryInterceptor(defaultGrpcRetryOptions({ maxAttempts: 3 }))],
  });
  const client = new Client({ connection, namespace });
  const within = <T>(ms: number, call: () => Promise<T>): Promise<T> =>
    connection.withDeadline(Date.now() + ms, call);
  return {
    client,
    within,
    check: async () => {
      await within(2_000, () => connection.workflowService.describeNamespace({ namespace }));
    },
    close: () => connection.close(),
  };
}

/** gRPC codes that say the backend, not the request, is at fault. */
const unreachableCodes: ReadonlySet<number> = new Set([
  1, // CANCELLED: the connection was closed under the call
  4, // DEADLINE_EXCEEDED
  8, // RESOURCE_EXHAUSTED
  13, // INTERNAL
  14, // UNAVAILABLE
]);

/** True when a call failed because Temporal could not be reached or could not serve it: the same call may work later. */
export function isTemporalUnreachable(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (isGrpcServiceError(cause) && unreachableCodes.has(cause.code)) return true;
  }
  return false;
}
