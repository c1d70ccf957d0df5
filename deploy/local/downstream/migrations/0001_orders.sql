create table orders (
  key text primary key,
  -- Order of arrival, without ties.
  sequence bigint generated always as identity unique,
  tenant_id text not null,
  warehouse_id text not null,
  reference text not null,
  lines jsonb not null,
  received_at timestamptz not null default now()
);

create index orders_of_tenant on orders (tenant_id, sequence);
