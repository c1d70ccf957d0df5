-- Who asked for a retry, for the record; null of those before this was kept.
alter table retries
  -- The order of lists.
  add column position bigint generated always as identity unique,
  add column asked_by text,
  -- The Idempotency-Key it was asked with, if any.
  add column key text;
