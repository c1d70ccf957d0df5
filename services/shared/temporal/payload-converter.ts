import { defaultPayloadConverter } from '@temporalio/common';
import type { PayloadConverter } from '@temporalio/common';

/** What a payload that nobody here can read becomes. Receivers refuse it like any other malformed input. */
export interface Undecodable {
  readonly __undecodable: string;
}

/**
 * The default converter, except that an unreadable payload (a form the Temporal UI offers but we do not use, an
 * encrypted body without codec) becomes a value instead of an exception. An exception would fail the workflow task
 * again and again, so that one mistyped signal would stop an incident for good.
 * Used by the worker and inside the workflow bundle. Clients need not: what is written is the default encoding.
 */
export const payloadConverter: PayloadConverter = {
  toPayload: (value, context, hint) => defaultPayloadConverter.toPayload(value, context, hint),
  fromPayload: (payload) => {
    try {
      return defaultPayloadConverter.fromPayload(payload);
    } catch (error) {
      const undecodable: Undecodable = { __undecodable: String(error) };
      return undecodable as never;
    }
  },
};
