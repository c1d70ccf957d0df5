import type { Policy, Role } from '../../configuration/policy.schema.js';

export interface Tier {
  readonly role: Role;
  /** Absolute, epoch milliseconds: computed once, never extended by a replay or a late wake-up. */
  readonly until: number;
}

/** Who is asked until when. The last tier keeps the question until the hold ends. */
export function escalationTiers(askedAt: number, policy: Policy['decide']): Tier[] {
  let until = askedAt;
  return policy.tiers.map(({ role, within }, index) => {
    until += within;
    const last = index === policy.tiers.length - 1;
    return { role, until: last ? until + policy.holdFor : until };
  });
}
