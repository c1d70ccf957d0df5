import { ApplicationFailure } from '@temporalio/common';
import type { NotificationSettings } from '../../configuration/notifications.schema.js';
import type { FailureType } from '../contracts/failures.contract.js';
import type { NotificationActivities, NotifyInput } from '../contracts/notifications.contract.js';

const timeoutMs = 5_000;
const failureType: FailureType = 'NotificationFailed';

export interface NotificationDependencies {
  readonly channels: NotificationSettings['channels'];
  readonly log: { info(fields: object, message: string): void };
}

export function createNotificationActivities(
  dependencies: NotificationDependencies,
): NotificationActivities {
  return { notify: notify(dependencies) };
}

/**
 * One line in the log, always; a POST to every channel of the audience. Channels are told all at once; those that
 * failed make the activity fail, so that it is tried again. `key` lets a channel drop what it has already shown.
 */
const notify =
  ({ channels, log }: NotificationDependencies): NotificationActivities['notify'] =>
  async (input) => {
    const { key, incident, service, audience, title, text } = input;
    log.info({ key, incident, service, audience, text }, `tell ${audience}: ${title}`);
    const concerned = channels.filter(({ audiences }) => audiences.includes(audience));
    const results = await Promise.allSettled(concerned.map(({ url }) => post(url, input)));
    const faults = results.flatMap((result, index) =>
      result.status === 'rejected'
        ? [`${concerned[index]?.name ?? ''}: ${describe(result.reason)}`]
        : [],
    );
    if (faults.length > 0) {
      throw ApplicationFailure.retryable(
        `could not notify ${audience} over channel ${faults.join('; ')}`,
        failureType,
      );
    }
  };

async function post(url: string, input: NotifyInput): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': input.key },
    body: JSON.stringify(input),
    signal: AbortSignal.timeout(timeoutMs),
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`answered ${response.status}`);
}

/** Addresses of channels often carry a token: only say what went wrong, never where. */
const describe = (reason: unknown): string => {
  const { name, message } = reason as Partial<Error>;
  return name === 'TypeError' ? 'no connection' : (message ?? 'unknown');
};
