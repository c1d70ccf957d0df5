import { isGrpcDeadlineError, isGrpcServiceError } from '@temporalio/client';

/** Why a call to Temporal had no answer, in words for people: gRPC's own texts speak of its insides. */
export function explainTemporalFault(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (!isGrpcServiceError(cause)) continue;
    const { details } = cause;
    if (isGrpcDeadlineError(cause)) return 'no answer in time';
    return details
      .replace(/^No connection established\. Last error: (Error: )?/, '')
      .replace(/\.? Resolution note:.*$/s, '')
      .replace(/^Name resolution failed for target dns:/, 'no address is known of ');
  }
  return error instanceof Error ? error.message : String(error);
}
