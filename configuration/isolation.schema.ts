import { z } from 'zod';

/** `read-only`: writes are refused. `block-outbound`: nothing leaves; only services that send anything obey it. */
export const isolationModes = ['read-only', 'block-outbound'] as const;

export type IsolationMode = (typeof isolationModes)[number];

/** A tenant or warehouse as every request names it. */
export const placeName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'expected lower-case letters, digits and dashes');

/** What a key of the ConfigMap holds, as JSON. The key itself names the tenant and the warehouse. */
export const isolationEntrySchema = z.strictObject({
  mode: z.enum(isolationModes),
  /** ISO 8601. From then on the entry means nothing, whether or not somebody takes it away. */
  expiresAt: z.iso.datetime({ offset: true }),
  /** The warehouse that serves new work instead. Without it the work is refused. */
  rerouteTo: placeName.optional(),
  /** Which run wrote it: the same run writes once. */
  request: z.string().max(253),
});

export type IsolationEntry = z.infer<typeof isolationEntrySchema>;

/** Entries that one ConfigMap may hold: each costs every request of an isolated tenant a comparison. */
export const maxIsolations = 64;

/** The key of an entry: `acme`, or `acme.north` for one warehouse of the tenant. Dots occur in neither name. */
export function isolationKey(tenantId: string, warehouseId: string | null): string {
  return warehouseId === null ? tenantId : `${tenantId}.${warehouseId}`;
}

/** What a key names, null when it is no such key. */
export function parseIsolationKey(
  key: string,
): { tenantId: string; warehouseId: string | null } | null {
  const [tenantId, warehouseId = null, ...rest] = key.split('.');
  const isKey =
    placeName.safeParse(tenantId).success &&
    (warehouseId === null || placeName.safeParse(warehouseId).success) &&
    rest.length === 0;
  return isKey && tenantId !== undefined ? { tenantId, warehouseId } : null;
}
