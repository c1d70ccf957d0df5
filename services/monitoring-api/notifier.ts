import { ExponentialBackoff, handleType, retry } from 'cockatiel';
import type { Milliseconds } from '../../configuration/duration.schema.js';
import type { Logger } from '../shared/telemetry/logger.js';
import type { Alert } from './alert.js';
import { GroupNews, byGroup } from './group-news.js';
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

interface Delivery {
  readonly url: URL;
  readonly group: string;
  readonly news: GroupNews;
  /** When the receiver last accepted something, epoch milliseconds. */
  deliveredAt: number;
  /** Not before this time again, after a flush that failed for good. */
  notBefore: number;
  sending: boolean;
}

/** A failure that may pass: the network, a timeout, 5xx. */
class PassingFailure extends Error {}

const attemptsPerFlush = 5;

/**
 * Tells every receiver of every change of an alert group (one service and SLO, or what is about monitoring itself), and
 * again every `repeatInterval` while an alert fires. What is owed is worked out from what each receiver last accepted,
 * not kept in a queue: of each alert only the newest word is owed, until it is accepted, however long that takes.
 */
export class Notifier {
  #options: NotifierOptions;
  readonly #deliveries = new Map<string, Delivery>();
  #updatedAt = 0;

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  /** Goes on with other settings, and owes what it owes. */
  reconfigure(settings: NotifySettings): void {
    this.#options = { ...this.#options, ...settings };
  }

  /** Takes over the present alerts and starts whatever deliveries they owe. Call it after each evaluation. */
  update(alerts: readonly Alert[], now: number): void {
    if (now < this.#updatedAt) this.#startAnew();
    this.#updatedAt = now;
    const groups = byGroup(alerts);
    for (const url of this.#options.receiverUrls) {
      for (const group of groups.keys()) this.#ensureDelivery(url, group);
    }
    for (const delivery of this.#deliveries.values()) {
      delivery.news.update(groups.get(delivery.group) ?? new Map<string, Alert>());
      if (this.#owes(delivery, now)) void this.#flush(delivery);
    }
  }

  /** The clock was set back: what waits for a time of before would wait for too long. */
  #startAnew(): void {
    for (const delivery of this.#deliveries.values()) {
      delivery.deliveredAt = 0;
      delivery.notBefore = 0;
    }
  }

  #ensureDelivery(url: URL, group: string): void {
    const key = `${url.href} ${group}`;
    if (this.#deliveries.has(key)) return;
    const news = new GroupNews();
    this.#deliveries.set(key, { url, group, news, deliveredAt: 0, notBefore: 0, sending: false });
  }

  #owes({ news, deliveredAt, notBefore, sending }: Delivery, now: number): boolean {
    if (sending || now < notBefore) return false;
    const words = news.words();
    if (news.isNews(words)) return true;
    return words.length > 0 && now - deliveredAt >= this.#options.repeatInterval;
  }

  async #flush(delivery: Delivery): Promise<void> {
    const { logger, onSent, timeout, firstRetryMs = 250 } = this.#options;
    delivery.sending = true;
    const policy = retry(handleType(PassingFailure), {
      maxAttempts: attemptsPerFlush,
      backoff: new ExponentialBackoff({ initialDelay: firstRetryMs, maxDelay: timeout }),
    });
    try {
      // Each attempt sends the state of its own moment, so that a receiver never gets old news late.
      await policy.execute(async () => {
        const words = delivery.news.words();
        if (words.length === 0) return;
        await this.#send(delivery.url, words);
        delivery.news.accept(words);
      });
      delivery.deliveredAt = this.#updatedAt;
      onSent('delivered');
    } catch (error) {
      delivery.notBefore = this.#updatedAt + 2 * timeout;
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
