import type { SloSeries } from '../../../../activities/contracts/monitoring.contract.js';
import type { Outcome, Phase } from '../../../../activities/contracts/registry.contract.js';

/** One episode as the registry holds it. All times ISO 8601, null until recorded. */
export interface IncidentRecord {
  /** Position in lists: rises with every episode. */
  readonly id: number;
  /** `billing-7` */
  readonly name: string;
  readonly number: number;
  readonly workflowId: string;
  readonly runId: string;
  readonly environment: string;
  readonly service: string;
  readonly openedAt: string | null;
  readonly severity: 'critical' | 'warning' | null;
  /** What opened it: an alert's name, or a person's words. */
  readonly trigger: string | null;
  readonly summary: string | null;
  /** The configuration folder that overrode the standard one, when one was in force. */
  readonly configurationOverride: string | null;
  readonly phase: Phase;
  readonly runbook: string | null;
  /** Null while it is open, as is everything below. */
  readonly outcome: Outcome | null;
  readonly closedAt: string | null;
  readonly closingSummary: string | null;
  readonly rootCause: string | null;
  readonly mutations: number | null;
  /** When users were first hit, as far as it is known, and by what. */
  readonly impactFrom: string | null;
  readonly impactKnownBy: DatedImpact['knownBy'] | null;
  /** The first evaluation that found an objective missed. */
  readonly breachedFrom: string | null;
  readonly detectedAt: string | null;
  readonly mitigatedAt: string | null;
  readonly recoveredAt: string | null;
}

/** The beginning of an impact window. */
export interface DatedImpact {
  /** ISO 8601. */
  readonly from: string;
  /** Exactly by a recorded failed write, to an evaluation by monitoring's counters, or only by the evaluation in breach. */
  readonly knownBy: 'failed-write' | 'counters' | 'breach';
}

/** The SLO series kept with a closed episode, or why there are none. */
export interface IncidentSeries {
  readonly series: readonly SloSeries[];
  readonly note: string | null;
}
