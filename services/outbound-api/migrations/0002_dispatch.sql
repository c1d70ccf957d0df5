alter table orders
  add column attempts integer not null default 0,
  add column next_attempt_at timestamptz not null default now(),
  -- The lease of the dispatcher that has it in hand; one that died loses it when this passes.
  add column locked_until timestamptz,
  add column last_error text;

create index orders_due on orders (next_attempt_at) where status = 'accepted';
