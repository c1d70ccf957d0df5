-- Up Migration
-- What is recorded of one pod and time: asked before more is.
create index audit_events_failed_writes
  on audit_events (service, (details ->> 'pod'), impact_to, impact_from) where kind = 'failed-writes';

-- Down Migration
drop index audit_events_failed_writes;
