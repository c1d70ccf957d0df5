import { createHash } from 'node:crypto';

export const auditKinds = [
  'incident-opened',
  'decision',
  'mutation',
  'incident-closed',
  'failed-writes',
  'mode',
  'retry',
] as const;

/** Something that was done or that failed, for good. Times ISO 8601; null where it does not apply. */
export interface AuditEvent {
  /** Names what happened: the same key is recorded once. */
  readonly key: string;
  readonly at: string;
  readonly kind: (typeof auditKinds)[number];
  readonly service: string | null;
  readonly tenant: string | null;
  /** Name of the episode: `billing-7`. */
  readonly incident: string | null;
  /** Who did it: a person, a policy, a program, or the pod that failed to. */
  readonly who: string;
  readonly what: string;
  /** What it was done to. */
  readonly target: string | null;
  /** JSON. */
  readonly before: unknown;
  readonly after: unknown;
  readonly details: unknown;
  /** During which time users were affected. */
  readonly impactFrom: string | null;
  readonly impactTo: string | null;
}

export interface RecordedAuditEvent extends AuditEvent {
  /** 1 for the first event ever; rises by one. */
  readonly position: number;
  readonly previousHash: string;
  readonly hash: string;
}

/** What stands before the first event. */
export const firstHash = '0'.repeat(64);

/** SHA-256 over the hash of the event before and everything this one says: nothing can change unseen. */
export function hashOf(event: Omit<RecordedAuditEvent, 'hash'>): string {
  const { previousHash, ...said } = event;
  return createHash('sha256')
    .update(`${previousHash}\n${canonicalJson(said)}`)
    .digest('hex');
}

/** JSON with the keys of every object in order, as PostgreSQL may give them back in another. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  );
}
