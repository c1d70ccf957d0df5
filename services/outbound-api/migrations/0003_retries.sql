-- A retry asked for by somebody: many orders at once, with attempts and waits of its own.
create table retries (
  id uuid primary key default gen_random_uuid(),
  -- Null: all tenants.
  tenant_id text,
  -- Dead letters too.
  force boolean not null,
  max_attempts integer not null,
  backoff_ms integer not null,
  orders integer not null,
  -- Whether orders had to be left out.
  more boolean not null,
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  -- How it ended; while it runs its orders tell.
  delivered integer not null default 0,
  dead integer not null default 0,
  postponed integer not null default 0,
  failed_attempts integer not null default 0
);

create index retries_running on retries (started_at) where finished_at is null;

alter table orders
  -- Of the request that accepted it, so that the delivery is part of the same trace.
  add column traceparent text,
  -- When the latest attempt ended, however it did.
  add column settled_at timestamptz,
  -- What counts towards its death.
  add column refusals integer not null default 0,
  add column own_failures integer not null default 0,
  -- The newest retry it was part of, and how that ended for it when it was not delivered.
  add column retry_id uuid references retries,
  add column retry_failures integer not null default 0,
  add column retry_outcome text;

-- A lane is one warehouse of one tenant: the claim goes from lane to lane, and in each takes what is due first.
create index orders_lanes on orders (tenant_id, warehouse_id, next_attempt_at) where status = 'accepted';
drop index orders_due;

create index orders_oldest_waiting on orders (created_at) where status = 'accepted';
create index orders_in_hand on orders (locked_until) where locked_until is not null;
create index orders_dead on orders (tenant_id, created_at) where status = 'dead';
create index orders_settled on orders (settled_at);
create index orders_of_retry on orders (retry_id) where retry_id is not null;
create index orders_retrying on orders (retry_id)
  where retry_id is not null and retry_outcome is null and status = 'accepted';
