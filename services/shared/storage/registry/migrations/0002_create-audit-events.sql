-- Up Migration
create table audit_events (
  -- Rises by one: a gap is a fault.
  position bigint primary key,
  -- What is recorded, once, however often it is written.
  key text not null unique,
  at timestamptz not null,
  kind text not null,
  service text,
  tenant text,
  -- Name of the episode: billing-7.
  incident text,
  who text not null,
  what text not null,
  target text,
  before jsonb,
  after jsonb,
  details jsonb,
  impact_from timestamptz,
  impact_to timestamptz,
  -- SHA-256 over the hash before and this row: services/shared/storage/audit/audit-event.ts.
  previous_hash text not null,
  hash text not null
);
create index audit_events_by_service on audit_events (service, position);
create index audit_events_by_tenant on audit_events (tenant, position);
create index audit_events_by_incident on audit_events (incident, position);

create function refuse_audit_change() returns trigger language plpgsql as $$
begin
  raise exception 'could not % audit_events: they are only ever added to', lower(tg_op);
end
$$;
create trigger audit_events_are_final
  before update or delete or truncate on audit_events
  for each statement execute function refuse_audit_change();

-- Down Migration
drop table audit_events;
drop function refuse_audit_change;
