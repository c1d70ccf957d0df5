import { z } from '@hono/zod-openapi';
import { plainText } from './plain-text.js';

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'lower-case letters, digits and dashes');

const tenantId = name.openapi({ example: 'acme' });
export const warehouseId = name.openapi({ example: 'north' });
export const sku = z
  .string()
  .regex(/^[A-Z0-9][A-Z0-9-]{0,39}$/, 'upper-case letters, digits and dashes')
  .openapi({ example: 'SKU-0001' });
/** Free text of at most `maxLength` characters that PostgreSQL can store as it is and a terminal can show. */
export function text(maxLength: number): z.ZodString {
  return z
    .string()
    .min(1)
    .max(maxLength)
    .regex(plainText, 'no control characters but tab and line feed')
    .refine((value) => !/\p{Cs}/u.test(value), 'not storable as text');
}

const isStorableYear = (year: number): boolean => year >= 1 && year <= 9999;

/** An RFC 3339 time that PostgreSQL knows too: it has no year 0, and an offset may lead there or beyond 9999. */
export const instant = z.iso
  .datetime({ offset: true })
  .max(64)
  .regex(/^(?!0000)/, 'a year from 0001 on')
  .refine((time) => isStorableYear(new Date(time).getUTCFullYear()), 'a year from 0001 to 9999')
  .openapi({ format: 'date-time' });

export const quantity = z.int().min(1).max(100_000);

export const tenantHeaders = z.object({ 'x-tenant-id': tenantId });

/** Writes: a repeated key gets the first answer again. */
export const writeHeaders = tenantHeaders.extend({
  'idempotency-key': z.string().regex(/^[\w.:-]{1,128}$/, '1 to 128 letters, digits, . : - _'),
});

export const pageLimit = z.coerce.number().int().min(1).max(200).default(50);

/** Position of an entry: the page begins after it. */
export const pageCursor = z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional();

const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    instance: z.string(),
    requestId: z.string(),
    errors: z
      .array(z.object({ in: z.string(), path: z.string(), message: z.string() }))
      .optional()
      .openapi({ description: 'Faults of a request that does not fit, 20 at most' }),
  })
  .openapi('Problem');

/** A response of a route's contract that is a problem. */
export function problemContent(description: string): {
  description: string;
  content: { 'application/problem+json': { schema: typeof problem } };
} {
  return { description, content: { 'application/problem+json': { schema: problem } } };
}

/** A response of a route's contract that is JSON. */
export function jsonContent<Schema extends z.ZodType>(
  schema: Schema,
  description: string,
): { description: string; content: { 'application/json': { schema: Schema } } } {
  return { description, content: { 'application/json': { schema } } };
}

/** Headers of a response that names what it made. */
export const locationHeader = z.object({
  location: z.string().openapi({ description: 'Path of what was made' }),
});

/** A request body of a route's contract. */
export function jsonBody<Schema extends z.ZodType>(
  schema: Schema,
): { required: true; content: { 'application/json': { schema: Schema } } } {
  return { required: true, content: { 'application/json': { schema } } };
}
