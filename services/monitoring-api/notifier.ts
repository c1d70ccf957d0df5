import { ExponentialBackoff, handleType, retry } from 'cockatiel';
import type { Milliseconds } from '../../configuration/duration.schema.js';
import type { Logger } from '../shared/telemetry/logger.js';
import type { Alert } from './alert.js';
import { causeOf } from './pod-answer.js';
import { webhookPayload } from './webhook-payload.js';

interface NotifySettings {
  readonly repeatInterval: Milliseconds;
  readonly timeout: Milliseconds;
}

export interface NotifierOptions extends NotifySettings {
  readonly receiverUrls: readonly URL[];
  /** Bearer token for the receivers; null sends none. */
  readonly token: string | null;
  readonly externalUrl: string;
  readonly logger: Logger;
  readonly onSent: (result: 'delivered' | 'failed') => void;
  /** Delay before the first repeat of a failed attempt. */
  readonly firstRetryMs?: number;
}

/** What a receiver was last told of a group. */
interface Delivery {
  readonly url: URL;
  readonly group: string;
  /** `fingerprint|state|startsAt` of each alert in the last payload the receiver accepted. */
  delivered: ReadonlySet<string>;
  /** When it was accepted, epoch milliseconds. */
  deliveredAt: number;
  /** Not before this time again, after a flush that failed for good. */
  notBefore: number;
  sending: boolean;
}

/** A failure that may pass: the network, a timeout, 5xx. */
class PassingFailure extends Error {}

const attemptsPerFlush = 5;

/**
 * Tells every receiver of every change of an alert group (one service and SLO), and again every `repeatInterval` while
 * an alert fires. What is owed is worked out from what each receiver last accepted, not kept in a queue: nothing can
 * overflow, and nothing is lost while the alert is in view.
 */
export class Notifier {
  #options: NotifierOptions;
  readonly #deliveries = new Map<string, Delivery>();
  #alerts: readonly Alert[] = [];

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  /** Goes on with other settings, and owes what it owes. */
  reconfigure(settings: NotifySettings): void {
    this.#options = { ...this.#options, ...settings };
  }

  /** Takes over the present alerts and starts whatever deliveries they owe. Call it after each evaluation. */
  update(alerts: readonly Alert[], now: number): void {
    this.#alerts = alerts.filter(({ state }) => state !== 'pending');
    const groups = new Set(this.#alerts.map(groupOf));
    for (const url of this.#options.receiverUrls) {
      for (const group of groups) {
        const delivery = this.#deliveryTo(url, group);
        if (this.#owes(delivery, now)) void this.#flush(delivery, now);
      }
    }
  }

  #deliveryTo(url: URL, group: string): Delivery {
    const key = `${url.href} ${group}`;
    let delivery = this.#deliveries.get(key);
    if (delivery === undefined) {
      delivery = {
        url,
        group,
        delivered: new Set(),
        deliveredAt: 0,
        notBefore: 0,
        sending: false,
      };
      this.#deliveries.set(key, delivery);
    }
    return delivery;
  }

  #owes(delivery: Delivery, now: number): boolean {
    if (delivery.sending || now < delivery.notBefore) return false;
    const alerts = this.#payloadAlerts(delivery);
    if (alerts.some((alert) => !delivery.delivered.has(keyOf(alert)))) return true;
    return (
      alerts.some(({ state }) => state === 'firing') &&
      now - delivery.deliveredAt >= this.#options.repeatInterval
    );
  }

  /** All that fires, and what was resolved since the receiver last accepted something. */
  #payloadAlerts({ group, delivered }: Delivery): Alert[] {
    return this.#alerts.filter(
      (alert) =>
        groupOf(alert) === group && (alert.state === 'firing' || !delivered.has(keyOf(alert))),
    );
  }

  async #flush(delivery: Delivery, now: number): Promise<void> {
    const { logger, onSent, timeout, firstRetryMs = 250 } = this.#options;
    delivery.sending = true;
    const policy = retry(handleType(PassingFailure), {
      maxAttempts: attemptsPerFlush,
      backoff: new ExponentialBackoff({ initialDelay: firstRetryMs, maxDelay: timeout }),
    });
    try {
      // Each attempt sends the state of its own moment, so that a receiver never gets old news late.
      await policy.execute(async () => {
        const alerts = this.#payloadAlerts(delivery);
        if (alerts.length === 0) return;
        await this.#send(delivery.url, alerts);
        const settled = this.#alerts.filter(
          (alert) =>
            groupOf(alert) === delivery.group &&
            alert.state === 'resolved' &&
            delivery.delivered.has(keyOf(alert)),
        );
        delivery.delivered = new Set([...settled, ...alerts].map(keyOf));
      });
      delivery.deliveredAt = now;
      onSent('delivered');
    } catch (error) {
      delivery.notBefore = now + 2 * timeout;
      onSent('failed');
      logger.error(
        {
          receiver: delivery.url.host,
          group: delivery.group,
          cause: (error as Error).message,
        },
        'could not deliver alerts; will try again',
      );
    } finally {
      delivery.sending = false;
    }
  }

  async #send(url: URL, alerts: readonly Alert[]): Promise<void> {
    const { token, externalUrl, timeout } = this.#options;
    let response: Response;
    try {
      response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify(webhookPayload(alerts, externalUrl)),
        redirect: 'manual',
        signal: AbortSignal.timeout(timeout),
      });
      await response.body?.cancel();
    } catch (error) {
      throw new PassingFailure(causeOf(error, timeout));
    }
    if (response.status >= 500) throw new PassingFailure(`answered ${response.status}`);
    if (!response.ok) throw new Error(`answered ${response.status}`);
  }
}

const groupOf = ({ labels }: Alert): string => `${labels['service'] ?? ''}/${labels['slo'] ?? ''}`;
const keyOf = ({ fingerprint, state, startsAt }: Alert): string =>
  `${fingerprint}|${state}|${startsAt}`;
