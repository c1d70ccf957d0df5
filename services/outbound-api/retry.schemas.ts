import { z } from '@hono/zod-openapi';
import {
  pageCursor,
  pageLimit,
  tenantHeaders,
  writeHeaders,
} from '../shared/http/request-schemas.js';
import { breakerStates } from './breaker.js';

const tenantId = tenantHeaders.shape['x-tenant-id'];
const count = z.int().min(0);

/** Strict: a mistyped name would silently become a default, for thousands of orders. */
export const retryRequest = z
  .strictObject({
    tenantId: tenantId.optional(),
    allTenants: z.boolean().default(false),
    force: z.boolean().default(false).openapi({ description: 'Dead letters too.' }),
    maxAttempts: z.int().min(1).max(20).default(3),
    backoffMs: z.int().min(100).max(60_000).default(5_000),
  })
  .refine(({ tenantId, allTenants }) => (tenantId !== undefined) !== allTenants, {
    message: 'name one tenant, or (role sre) say "allTenants": true',
    path: ['tenantId'],
  })
  .openapi('RetryRequest', {
    oneOf: [
      { required: ['tenantId'], properties: { allTenants: { const: false } } },
      {
        required: ['allTenants'],
        properties: { allTenants: { const: true } },
        not: { required: ['tenantId'] },
      },
    ],
  });

/** Optional here: without a key a retry that still runs is found by what it covers. */
export const retryHeaders = z.object({
  'idempotency-key': writeHeaders.shape['idempotency-key'].optional(),
});

export const retryAnswer = z
  .object({
    id: z.uuid(),
    askedBy: z.enum(['service', 'sre']).nullable().openapi({
      description: 'Role of the token; null of retries from before it was recorded.',
    }),
    key: z.string().nullable().openapi({ description: 'The Idempotency-Key it was asked with.' }),
    tenantId: z.string().nullable().openapi({ description: 'Null: all tenants.' }),
    force: z.boolean(),
    maxAttempts: z.int(),
    backoffMs: z.int(),
    status: z.enum(['running', 'finished']),
    orders: count.openapi({ description: 'How many it took.' }),
    note: z.string().nullable().openapi({ description: 'Why it took none.' }),
    more: z.boolean().openapi({ description: 'It took as many as it may: ask again afterwards.' }),
    waiting: count,
    delivered: count,
    dead: count,
    postponed: count.openapi({
      description: 'Out of attempts of this retry, back under the ordinary rule.',
    }),
    failedAttempts: count,
    startedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
  })
  .openapi('Retry');

export const retriesQuery = z.object({ limit: pageLimit, cursor: pageCursor });

export const retriesAnswer = z
  .object({
    retries: z.array(retryAnswer),
    next: z
      .int()
      .nullable()
      .openapi({ description: '`cursor` of the next page; null at the end.' }),
  })
  .openapi('Retries');

export const queueQuery = z.object({ tenantId: tenantId.optional() });

export const queueAnswer = z
  .object({
    waiting: count,
    inHand: count,
    dead: count,
    oldestSeconds: z.number().openapi({ description: '0 when there is none.' }),
    deliveredLastMinute: count,
    retriesRunning: count,
    breaker: z.enum([...breakerStates, 'none']).openapi({
      description: 'Of the pod that answers; none: nothing is dispatched.',
    }),
    tenants: z
      .array(
        z.object({
          tenantId: z.string(),
          waiting: count,
          inHand: count,
          dead: count,
          oldestSeconds: z.number(),
          isHeld: z
            .boolean()
            .openapi({ description: 'All or some of it waits for an isolation to end.' }),
        }),
      )
      .openapi({ description: 'Those with most undelivered orders, 20 at most.' }),
  })
  .openapi('Queue');
