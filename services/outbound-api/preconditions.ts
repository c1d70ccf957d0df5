import type { BreakerState } from './breaker.js';
import type { DatabaseFacts } from './read-database-facts.js';
import type { Health } from './read-health.js';
import type { QueuePulse } from './read-pulse.js';

export const preconditions = ['queue-stable', 'database-consistent', 'health-ok'] as const;

/** Why a retry may not begin, in a sentence with numbers. */
export interface Unmet {
  readonly precondition: (typeof preconditions)[number];
  readonly detail: string;
}

/** What is known before a retry. */
export interface Circumstances {
  /** Null: nothing is dispatched here, there is no downstream. */
  readonly breaker: BreakerState | null;
  /** Null: the database did not answer. */
  readonly stored: { readonly pulse: QueuePulse; readonly database: DatabaseFacts } | null;
  readonly health: Health;
}

/** Growth below this many orders a minute is chance. */
const smallGrowth = 10;
/** So many orders tried in vain are an outage, fewer may be chance. */
const tellingFailures = 5;

/**
 * Everything that does not hold, empty when the retry may begin. A backlog as such is no reason: retries are there to
 * clear it. What counts is whether it gets worse, and whether anything gets through.
 */
export function findUnmet({ breaker, stored, health }: Circumstances): Unmet[] {
  const faults: Record<Unmet['precondition'], string[]> = {
    'queue-stable': [
      ...dispatchFaults(breaker),
      ...(stored === null ? [] : queueFaults(stored.pulse)),
    ],
    'database-consistent':
      stored === null ? ['the database does not answer'] : databaseFaults(stored.database),
    'health-ok': health.status === 'ok' ? [] : [health.detail],
  };
  return preconditions.flatMap((precondition) =>
    faults[precondition].map((detail) => ({ precondition, detail })),
  );
}

function dispatchFaults(breaker: BreakerState | null): string[] {
  if (breaker === 'closed') return [];
  return breaker === null
    ? ['nothing is dispatched: DOWNSTREAM_URL is not set']
    : [`the downstream does not answer: the circuit breaker is ${breaker}`];
}

function queueFaults({ grownBy, delivered, answered }: QueuePulse): string[] {
  const faults = [];
  if (delivered === 0 && answered >= tellingFailures) {
    faults.push(`none of ${answered} orders tried in the last minute got through`);
  }
  if (grownBy > smallGrowth + delivered / 10) {
    faults.push(
      `the queue grows: by ${grownBy} orders in the last minute, in which ${delivered} were delivered`,
    );
  }
  return faults;
}

function databaseFaults({ missingMigrations, isReadOnly, impossible }: DatabaseFacts): string[] {
  const faults = [];
  if (missingMigrations.length > 0) {
    faults.push(
      `the schema is older than this release: ${missingMigrations.join(', ')} is missing`,
    );
  }
  if (isReadOnly) faults.push('the database takes no writes: it is a standby or read-only');
  for (const [what, count] of Object.entries(impossible)) {
    if (count > 0) faults.push(`${count} orders are ${what}, which cannot be`);
  }
  return faults;
}
