create table items (
  tenant_id text not null,
  warehouse_id text not null,
  sku text not null,
  name text not null,
  on_hand integer not null check (on_hand >= 0),
  reserved integer not null default 0 check (reserved >= 0),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, sku, warehouse_id),
  -- The last line of defence against overselling: no statement can break it.
  check (reserved <= on_hand)
);

create table reservations (
  id uuid primary key default gen_random_uuid(),
  tenant_id text not null,
  warehouse_id text not null,
  sku text not null,
  quantity integer not null check (quantity > 0),
  reference text,
  created_at timestamptz not null default now(),
  foreign key (tenant_id, sku, warehouse_id) references items (tenant_id, sku, warehouse_id)
);

create table adjustments (
  id uuid primary key default gen_random_uuid(),
  tenant_id text not null,
  warehouse_id text not null,
  sku text not null,
  delta integer not null check (delta <> 0),
  reason text not null,
  created_at timestamptz not null default now(),
  foreign key (tenant_id, sku, warehouse_id) references items (tenant_id, sku, warehouse_id)
);

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
