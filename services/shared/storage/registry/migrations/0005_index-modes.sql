-- Up Migration
-- What is on record of a service's modes: each change is compared with the newest one.
create index audit_events_modes on audit_events (service, position) where kind = 'mode';

-- Down Migration
drop index audit_events_modes;
