-- These indexes serve the queries that name them, and no others: their status is said in another way, with a condition that
-- is true of every order (no count is negative), and the tenant by an expression. Wherever its statistics are older than a
-- queue that has grown, the planner would else read one tenant's orders from among everybody's, by any index it finds.

-- The claim goes from tenant to tenant, and takes what is due first of each.
create index orders_turns on orders ((tenant_id || ''), next_attempt_at)
  where status not in ('delivered', 'dead') and refusals >= 0;
-- It takes what is due first of all, too.
create index orders_due on orders (next_attempt_at)
  where status not in ('delivered', 'dead') and attempts >= 0;

drop index orders_oldest_waiting;
create index orders_oldest_waiting on orders (created_at)
  where status = 'accepted' and own_failures >= 0;
