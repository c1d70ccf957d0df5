-- Up Migration
-- The impact begins with the first failure that led to the breach, as far as that is known, and by what it is known.
alter table incidents add column breached_from timestamptz, add column impact_known_by text;

-- Failed writes of a service within a time.
create index audit_events_failed_writes_by_time
  on audit_events (service, impact_to, impact_from) where kind = 'failed-writes';

-- Down Migration
drop index audit_events_failed_writes_by_time;
alter table incidents drop column impact_known_by, drop column breached_from;
