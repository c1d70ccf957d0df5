import { ApiException } from '@kubernetes/client-node';
import type { FailureType } from '../../../activities/contracts/failures.contract.js';

/** What was being done, for the message: `could not read deployment supply-chain/inventory-api: …`. */
export interface KubeOperation {
  readonly verb: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export interface KubernetesFailure {
  readonly failureType: FailureType;
  readonly message: string;
  /** When the server said how long to wait. */
  readonly retryAfterMs?: number;
}

/** Says what a failed Kubernetes call means for whoever called. Anything that is not such a failure is thrown on as it is. */
export function toKubernetesFailure(error: unknown, operation: KubeOperation): KubernetesFailure {
  const { verb, kind, namespace, name } = operation;
  const failure = (failureType: FailureType, cause: string, retryAfterMs?: number) => ({
    failureType,
    message: `could not ${verb} ${kind} ${namespace}/${name}: ${cause}`,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
  if (error instanceof ApiException) {
    const status = parseStatus(error.body);
    const cause = status.message ?? `the API server answered ${error.code}`;
    return failure(failureTypeOf(error.code), cause, retryAfterMs(error, status));
  }
  if (!(error instanceof Error)) throw error;
  if (error.name === 'AbortError' || error.name === 'TimeoutError') {
    return failure('ApiUnavailable', 'the API server did not answer in time');
  }
  if (error.name === 'FetchError') return failure('ApiUnavailable', error.message);
  throw error;
}

function failureTypeOf(code: number): FailureType {
  if (code === 401 || code === 403) return 'Forbidden';
  if (code === 404) return 'TargetNotFound';
  if (code === 409) return 'StaleResource';
  if (code === 429) return 'ApiThrottled';
  // 408 and 410 (an expired list) pass when asked again.
  if (code >= 500 || code === 408 || code === 410) return 'ApiUnavailable';
  return 'InvalidResource';
}

interface Status {
  readonly message?: string;
  readonly details?: { readonly retryAfterSeconds?: number };
}

/** `ApiException.body` is the text of a Status object when the API server answered; a proxy may send anything. */
function parseStatus(body: unknown): Status {
  if (typeof body !== 'string') return {};
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}

function retryAfterMs(error: ApiException<unknown>, status: Status): number | undefined {
  const seconds = status.details?.retryAfterSeconds ?? Number(error.headers['retry-after']);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : undefined;
}
