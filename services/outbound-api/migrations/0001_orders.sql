create table orders (
  id uuid primary key default gen_random_uuid(),
  tenant_id text not null,
  warehouse_id text not null,
  reference text not null,
  lines jsonb not null,
  status text not null default 'accepted',
  -- Newest first within a tenant, without ties.
  sequence bigint generated always as identity,
  created_at timestamptz not null default now()
);

create index orders_newest on orders (tenant_id, sequence desc);

create table idempotency_keys (
  tenant_id text not null,
  operation text not null,
  key text not null,
  fingerprint text not null,
  status integer,
  -- Not jsonb: a repeated request gets the same bytes again.
  body json,
  created_at timestamptz not null default now(),
  primary key (tenant_id, operation, key)
);

create index idempotency_keys_created_at on idempotency_keys (created_at);
