import { z } from 'zod';
import { appendAuditEvents } from '../shared/storage/audit/append-audit-events.js';
import type { AuditEvent } from '../shared/storage/audit/audit-event.js';
import type { Database } from '../shared/storage/database.js';
import type { Logger } from '../shared/telemetry/logger.js';
import { causeOf, readBounded } from './pod-answer.js';

/** What a service's list of retries says of each, as far as the audit keeps it. Checked at the border. */
const retrySchema = z.object({
  id: z.uuid(),
  askedBy: z.string().max(40).nullable(),
  key: z.string().max(200).nullable(),
  tenantId: z.string().max(200).nullable(),
  force: z.boolean(),
  maxAttempts: z.int(),
  backoffMs: z.int(),
  orders: z.int(),
  startedAt: z.iso.datetime(),
});
const pageSchema = z.object({ retries: z.array(retrySchema).max(200), next: z.int().nullable() });
type Retry = z.infer<typeof retrySchema>;

const pageLength = 100;
/** Read at once after monitoring was away: 1,000 retries. */
const maxPages = 10;
const timeoutMs = 2_000;

export interface RecordRetriesOptions {
  readonly service: string;
  /** Where its retries are listed. */
  readonly url: string;
  /** Bearer token; null sends none. */
  readonly token: string | null;
  readonly database: Database;
  readonly logger: Logger;
}

/**
 * A task that takes over into the audit what people and pipelines asked of a service's queue. The service keeps its
 * retries itself, in another database, so none is lost while monitoring or the audit is away, and each is recorded once
 * by its id. What cannot be read or written now waits for the next time. Never throws.
 */
export function recordRetries(options: RecordRetriesOptions): () => Promise<void> {
  const { service, database, logger } = options;
  let newest: string | null = null;
  let failing = false;
  return async () => {
    try {
      const retries = await readSince(newest, options);
      const events = retries.map((retry) => asEvent(service, retry)).reverse();
      if (events.length > 0) await database.begin((sql) => appendAuditEvents(sql, events));
      newest = retries[0]?.id ?? newest;
      failing = false;
    } catch (error) {
      if (!failing) {
        const cause = causeOf(error, timeoutMs);
        logger.warn({ service, cause }, 'could not record retries; will try again');
      }
      failing = true;
    }
  };
}

/** Newest first, from after the one that was recorded last. */
async function readSince(
  last: string | null,
  { url, token }: RecordRetriesOptions,
): Promise<Retry[]> {
  const found: Retry[] = [];
  let cursor: number | null = null;
  for (let page = 0; page < maxPages; page += 1) {
    const address = new URL(url);
    address.searchParams.set('limit', String(pageLength));
    if (cursor !== null) address.searchParams.set('cursor', String(cursor));
    const response = await fetch(address, {
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`${address.pathname} answered ${response.status}`);
    }
    const read = pageSchema.safeParse(JSON.parse(await readBounded(response)));
    if (!read.success) throw new Error(`${address.pathname} answered something else than retries`);
    const { retries, next } = read.data;
    const known = retries.findIndex(({ id }) => id === last);
    found.push(...(known === -1 ? retries : retries.slice(0, known)));
    if (known !== -1 || next === null) break;
    cursor = next;
  }
  return found;
}

function asEvent(service: string, retry: Retry): AuditEvent {
  const { id, askedBy, tenantId, force, orders, startedAt, ...rest } = retry;
  const whose = tenantId === null ? 'all tenants' : `tenant ${tenantId}`;
  return {
    key: `retry/${service}/${id}`,
    at: startedAt,
    kind: 'retry',
    service,
    tenant: tenantId,
    incident: null,
    who: askedBy === null ? 'unknown' : `role ${askedBy}`,
    what: `retry of ${orders} orders of ${whose}${force ? ', dead letters too' : ''}`,
    target: `queue of ${service}`,
    before: null,
    after: null,
    details: { id, force, orders, ...rest },
    impactFrom: null,
    impactTo: null,
  };
}
