import type { ServiceHealth } from '../../activities/contracts/monitoring.contract.js';
import type { Policy } from '../../configuration/policy.schema.js';
import { isBreachedNow, isHealthyNow } from './health.js';

/** What the readings so far have shown. Times are epoch milliseconds. */
export interface ConfirmationProgress {
  readonly breachedAt: number | null;
  readonly healthyAt: number | null;
}

export type Confirmation =
  | { readonly kind: 'breached' }
  /** `since`: of the first of the readings that all were healthy. */
  | { readonly kind: 'healthy'; readonly since: number }
  | { readonly kind: 'unproven'; readonly why: string }
  | {
      readonly kind: 'undecided';
      readonly progress: ConfirmationProgress;
      readonly readAgainAt: number;
    };

export const noReadingYet: ConfirmationProgress = { breachedAt: null, healthyAt: null };

/**
 * Folds one more reading in. A breach is confirmed when it is seen twice, `confirmFor` apart, and not healthy in
 * between; health is believed when it held for `healthyHold`; neither by the deadline is unproven, and so is what never
 * holds.
 */
export function assessConfirmation(
  progress: ConfirmationProgress,
  health: ServiceHealth | undefined,
  now: number,
  deadline: number,
  policy: Policy['confirm'],
): Confirmation {
  const breached = isBreachedNow(health);
  const healthy = isHealthyNow(health);
  const breachedAt = breached ? (progress.breachedAt ?? now) : healthy ? null : progress.breachedAt;
  const healthyAt = healthy ? (progress.healthyAt ?? now) : null;

  if (breached && breachedAt !== null && now - breachedAt >= policy.confirmFor) {
    return { kind: 'breached' };
  }
  if (healthyAt !== null && now - healthyAt >= policy.healthyHold) {
    return { kind: 'healthy', since: healthyAt };
  }
  if (now >= deadline && !breached && !healthy) {
    return { kind: 'unproven', why: whyUnproven(health) };
  }
  // Whatever began before the deadline may still be held to its end; readings that only alternate never end.
  if (now >= deadline + Math.max(policy.confirmFor, policy.healthyHold)) {
    return { kind: 'unproven', why: 'it keeps changing between breached and healthy' };
  }
  // A breach seen once is looked at again exactly when the second reading counts, not at the next poll.
  const readAgainAt =
    breached && breachedAt !== null
      ? Math.min(breachedAt + policy.confirmFor, now + policy.confirmFor)
      : now + policy.pollInterval;
  return { kind: 'undecided', progress: { breachedAt, healthyAt }, readAgainAt };
}

function whyUnproven(health: ServiceHealth | undefined): string {
  const reasons = (health?.slos ?? []).flatMap((slo) =>
    slo.state === 'unproven' ? [`${slo.slo}: ${slo.reason ?? 'no proof'}`] : [],
  );
  return reasons.length > 0 ? reasons.join('; ') : 'monitoring gave no reading';
}
