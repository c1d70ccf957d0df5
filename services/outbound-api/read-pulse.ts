import type { Database } from '../shared/storage/database.js';

/** What the queue did in the last minute, in all pods together. */
export interface QueuePulse {
  /** Orders, by which the number of undelivered ones rose; negative when it fell. */
  readonly grownBy: number;
  /** Orders whose latest attempt ended, and those of them that were delivered. */
  readonly answered: number;
  readonly delivered: number;
}

/** Reads one minute of two indexes, however long the queue is. `own_failures >= 0` names one, see the migration
 *  0004_turns. */
export async function readPulse(database: Database): Promise<QueuePulse> {
  const [row] = await database<[Omit<QueuePulse, 'grownBy'> & { came: number; went: number }]>`
    select count(*)::int as answered,
      count(*) filter (where status = 'delivered')::int as delivered,
      -- Who came and went within the minute is in neither number.
      count(*) filter (where status <> 'accepted' and created_at <= now() - interval '1 minute')::int
        as went,
      (select count(*) from orders
        where status = 'accepted' and own_failures >= 0
          and created_at > now() - interval '1 minute')::int as came
    from orders where settled_at > now() - interval '1 minute'`;
  const { came, went, ...pulse } = row;
  return { ...pulse, grownBy: came - went };
}
