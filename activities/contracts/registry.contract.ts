/**
 * The registry of incidents in PostgreSQL. Every write is idempotent: `(runId, sequence)` or `runId` is its key. Text is
 * kept with U+FFFD for what PostgreSQL has no room for. Every write @throws InvalidRecord (final) for what it refuses
 * for good.
 */

export type Phase =
  'open' | 'confirm' | 'diagnose' | 'plan' | 'decide' | 'act' | 'verify' | 'ask' | 'close';

export type Outcome =
  | 'recovered'
  | 'recovered-with-debt'
  | 'self-recovered'
  | 'false-alarm'
  | 'handled-by-hand'
  | 'aborted'
  | 'unresolved';

/** Who an incident is, in every record. */
export interface IncidentRef {
  /** `incident:{environment}/{service}` */
  readonly workflowId: string;
  /** First execution's run id: the same through continue-as-new. The registry's key. */
  readonly runId: string;
  readonly environment: string;
  readonly service: string;
}

export interface RecordOpenedInput extends IncidentRef {
  readonly openedAt: string;
  readonly severity: 'critical' | 'warning';
  readonly trigger: string;
  readonly summary: string;
  readonly alertKeys: readonly string[];
  /** Name of the configuration folder that overrides the standard one (`settings.override`): shown in reports. */
  readonly configurationOverride?: string | null;
}

export interface OpenedEpisode {
  /** `{service}-{number}`: what people call this incident. */
  readonly name: string;
  readonly number: number;
  /** The same alert (by event key) was already handled in that closed episode: this is a re-send. */
  readonly handledBefore: string | null;
}

export type TimelineKind =
  | 'alert'
  | 'phase'
  | 'verdict'
  | 'diagnosis'
  | 'plan'
  | 'decision'
  | 'mutation'
  | 'rollout'
  | 'note';

export interface TimelineEvent {
  /** Rises by one within an incident run. */
  readonly sequence: number;
  readonly at: string;
  readonly phase: Phase;
  readonly kind: TimelineKind;
  readonly summary: string;
  /**
   * Small JSON: numbers, ids, receipts. Large evidence goes elsewhere. An `alert` event carries the alert's `key`:
   * by it a re-send is recognised after the episode has closed.
   */
  readonly details?: unknown;
}

export interface RecordTimelineInput extends IncidentRef {
  readonly phase: Phase;
  readonly runbook: string | null;
  readonly events: readonly TimelineEvent[];
}

export interface RecordClosedInput extends IncidentRef {
  readonly outcome: Outcome;
  readonly closedAt: string;
  /** ISO 8601, when known: the evaluation that found the breach, first alert, end of the change, proof of recovery. */
  readonly breachedFrom: string | null;
  readonly detectedAt: string;
  readonly mitigatedAt: string | null;
  readonly recoveredAt: string | null;
  /** How much time one evaluation looks at. */
  readonly verdictWindowMs: number;
  readonly runbook: string | null;
  readonly mutations: number;
  readonly rootCause: string | null;
  readonly summary: string;
}

export interface RegistryActivities {
  /** Opens the episode, once per run. @throws RegistryUnavailable (retried). */
  recordOpened(input: RecordOpenedInput): Promise<OpenedEpisode>;
  /** Appends events; those already there are left alone. @throws RegistryUnavailable (retried). */
  recordTimeline(input: RecordTimelineInput): Promise<void>;
  /**
   * Writes outcome and impact window, which begins with the first failure that led to the breach as far as it is known,
   * and stores the SLO series with it. @throws RegistryUnavailable (retried).
   */
  recordClosed(input: RecordClosedInput): Promise<void>;
}
