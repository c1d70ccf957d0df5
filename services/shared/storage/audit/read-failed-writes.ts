import { statusAbandoned } from '../../telemetry/http-metrics.js';
import type { Database } from '../database.js';
import { duringImpact, findImpact } from './impact-window.js';
import type { ImpactWindow } from './impact-window.js';

/** Failed writes of one tenant and route. Null where several were counted together, or the caller named no tenant. */
interface FailedWritesOfRoute extends WriteCounts {
  readonly tenant: string | null;
  readonly method: string | null;
  readonly route: string | null;
}

interface WriteCounts {
  /** Answered with a 5xx. */
  readonly failed: number;
  /** The caller gave up before the answer: whether they were done is not known. */
  readonly givenUp: number;
}

/** What is recorded of failed writes within an impact window. Counts are lower bounds. */
export interface FailedWritesSummary extends WriteCounts {
  readonly window: ImpactWindow;
  /** Those with most, at most ten. */
  readonly routes: readonly FailedWritesOfRoute[];
  /** The others together: how many tenants and routes, and their counts. */
  readonly others: WriteCounts & { readonly kinds: number };
}

const shown = 10;

/** Within the impact window of a closed episode. Null while it is open. */
export async function readFailedWrites(
  sql: Database,
  incident: string,
): Promise<FailedWritesSummary | null> {
  const window = await findImpact(sql, incident);
  if (window === null) return null;
  const counts = await sql<FailedWritesOfRoute[]>`
    select tenant, details ->> 'method' as method, details ->> 'route' as route,
      coalesce(sum((details ->> 'count')::int) filter (where not ${isGivenUp(sql)}), 0)::int as failed,
      coalesce(sum((details ->> 'count')::int) filter (where ${isGivenUp(sql)}), 0)::int as "givenUp"
    from audit_events where ${duringImpact(sql, window)}
    group by 1, 2, 3
    order by sum((details ->> 'count')::int) desc, tenant nulls last, method, route`;
  const further = counts.slice(shown);
  return {
    window,
    ...addUp(counts),
    routes: counts.slice(0, shown).map((route) => ({ ...route })),
    others: { kinds: further.length, ...addUp(further) },
  };
}

/** The earliest known to have failed within a window; null when none is recorded. */
export async function firstFailedWrite(sql: Database, window: ImpactWindow): Promise<Date | null> {
  // Of a stretch that began before the window only its last failure is known to lie in it.
  const [first] = await sql<{ at: Date | null }[]>`
    select min(case when impact_from >= ${window.from} then impact_from else least(impact_to, ${window.to}) end) as at
    from audit_events where ${duringImpact(sql, window)}`;
  return first?.at ?? null;
}

const isGivenUp = (sql: Database): ReturnType<Database> =>
  sql`(details -> 'status' is not distinct from to_jsonb(${statusAbandoned}::int))`;

const addUp = (counts: readonly WriteCounts[]): WriteCounts =>
  counts.reduce<WriteCounts>(
    (sum, { failed, givenUp }) => ({
      failed: sum.failed + failed,
      givenUp: sum.givenUp + givenUp,
    }),
    { failed: 0, givenUp: 0 },
  );
