import { createHash } from 'node:crypto';
import { HttpProblem } from '../http/problem.js';
import type { Database, Transaction } from './database.js';

/** An answer that is kept: the status and the JSON body. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export interface IdempotentRequest {
  readonly tenantId: string;
  /** Name of the operation: the same key may be used for another one. */
  readonly operation: string;
  /** The caller's `idempotency-key`. */
  readonly key: string;
  /** What is asked, as JSON-safe value. A key stands for one request only. */
  readonly content: unknown;
}

/**
 * Runs `work` in a transaction, once for each key: a repeated request gets the first one's answer, whatever it was. A
 * request that arrives while the first still runs waits for it. The schema needs the table `idempotency_keys`.
 * @throws HttpProblem 422 when the key was used for another request.
 */
export async function idempotently<A extends Answer>(
  database: Database,
  request: IdempotentRequest,
  work: (transaction: Transaction) => Promise<A>,
): Promise<A> {
  const { tenantId, operation, key } = request;
  const fingerprint = createHash('sha256').update(JSON.stringify(request.content)).digest('hex');

  let answer: A | undefined;
  await database.begin(async (transaction) => {
    // Waits here while another transaction holds the same key.
    const claimed = await transaction`
      insert into idempotency_keys (tenant_id, operation, key, fingerprint)
      values (${tenantId}, ${operation}, ${key}, ${fingerprint})
      on conflict do nothing`;
    if (claimed.count === 0) return;
    const fresh = await work(transaction);
    await transaction`
      update idempotency_keys
      set status = ${fresh.status}, body = ${JSON.stringify(fresh.body)}::text::json
      where tenant_id = ${tenantId} and operation = ${operation} and key = ${key}`;
    answer = fresh;
  });
  if (answer !== undefined) return answer;

  const [kept] = await database<{ status: number; body: unknown; fingerprint: string }[]>`
    select status, body, fingerprint from idempotency_keys
    where tenant_id = ${tenantId} and operation = ${operation} and key = ${key}`;
  if (kept?.fingerprint !== fingerprint) {
    throw new HttpProblem(
      422,
      `idempotency key ${key} was used for another request: send a new one`,
    );
  }
  // Written above by the same operation, so it has the same shape.
  return { status: kept.status, body: kept.body } as A;
}

/** Forgets keys older than a day, the longest a caller may wait before repeating a request. Returns how many. */
export async function forgetOldKeys(database: Database): Promise<number> {
  const deleted = await database`
    delete from idempotency_keys where created_at < now() - interval '24 hours'`;
  return deleted.count;
}
