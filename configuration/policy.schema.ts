import { z } from 'zod';
import { duration } from './duration.schema.js';

export const hypothesisNames = ['bad-release', 'hung-or-leaking-pods', 'unknown'] as const;
export const runbookNames = ['rollback', 'restart'] as const;
export const roles = ['on-call', 'sre', 'product'] as const;

const runbookPolicySchema = z.strictObject({
  risk: z.enum(['low', 'medium', 'high']),
  /** `automatic`: the policy approves by itself. `required`: a person must. */
  approval: z.enum(['automatic', 'required']),
  /** How long a rollout may take before it counts as stuck. */
  rolloutTimeout: duration,
});

export const policySchema = z.strictObject({
  confirm: z.strictObject({
    /** The breach must be seen twice, this far apart. */
    confirmFor: duration,
    /** A healthy reading must hold this long before the alert counts as false or over. */
    healthyHold: duration,
    pollInterval: duration,
    deadline: duration,
  }),
  diagnose: z.strictObject({
    /** Below this score a hypothesis is no better than unknown. */
    floor: z.number().min(0).max(1),
    /** Two hypotheses closer than this: ask. */
    margin: z.number().min(0).max(1),
    /** A breach that began within this time after a rollout points at the release. */
    recentRollout: duration,
  }),
  /** Which runbooks may answer which hypothesis, in order. None: ask a person. */
  candidates: z.record(z.enum(hypothesisNames), z.array(z.enum(runbookNames))),
  runbooks: z.record(z.enum(runbookNames), runbookPolicySchema),
  decide: z.strictObject({
    /** Who is asked, one after the other, each with a time to answer. */
    tiers: z.array(z.strictObject({ role: z.enum(roles), within: duration })).min(1),
    /** When the last tier has not answered: hold, page and go on waiting until this much later, then close unresolved. */
    holdFor: duration,
  }),
  act: z.strictObject({
    /** How long to wait for another action on the same target. */
    lockDeadline: duration,
    pollInterval: duration,
    /** No second action on one target within this time, other incidents' included. */
    coolDown: duration,
  }),
  verify: z.strictObject({ holdFor: duration, pollInterval: duration, deadline: duration }),
  close: z.strictObject({
    /** How long to wait for the alerts to turn green. */
    alertsDeadline: duration,
    /** Stays open for re-sends and flaps this long after closing. */
    linger: duration,
  }),
  maxAttempts: z.int().min(1).max(5),
});

export type Policy = z.infer<typeof policySchema>;
export type HypothesisName = (typeof hypothesisNames)[number];
export type RunbookName = (typeof runbookNames)[number];
export type Role = (typeof roles)[number];
