import type { Database } from '../shared/storage/database.js';

/** What can be wrong with the database as far as a retry is concerned. */
export interface DatabaseFacts {
  /** Migrations of this release that have not run. Newer ones than it knows do no harm. */
  readonly missingMigrations: readonly string[];
  readonly isReadOnly: boolean;
  /** Orders in states that no code writes, by the state. */
  readonly impossible: Readonly<Record<string, number>>;
}

/** Looks only along the index of orders in hand, which are few, however many orders there are. */
export async function readDatabaseFacts(
  database: Database,
  migrations: readonly string[],
): Promise<DatabaseFacts> {
  const [row] = await database<
    [{ missing: string[]; isReadOnly: boolean; done: number; leased: number }]
  >`
    select
      array(select unnest(${[...migrations]}::text[]) except select name from migrations) as missing,
      current_setting('transaction_read_only')::boolean as "isReadOnly",
      (select count(*) from orders
        where locked_until is not null and status <> 'accepted')::int as done,
      (select count(*) from orders where locked_until > now() + interval '1 hour')::int as leased`;
  return {
    missingMigrations: row.missing,
    isReadOnly: row.isReadOnly,
    impossible: {
      'settled and in hand at once': row.done,
      'in hand for more than an hour': row.leased,
    },
  };
}
