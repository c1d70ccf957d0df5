-- Up Migration
create table incidents (
  -- Rises with every episode: the order of lists.
  id bigint generated always as identity unique,
  -- Run id of the first execution of the workflow: the same through continue-as-new.
  run_id text primary key,
  workflow_id text not null,
  environment text not null,
  service text not null,
  number integer not null,
  name text not null generated always as (service || '-' || number) stored,

  -- Known once the opening is recorded.
  opened_at timestamptz,
  severity text,
  trigger text,
  summary text,
  alert_keys text[] not null default '{}',
  configuration_override text,

  -- Follow the newest event of the timeline.
  last_sequence integer not null default -1,
  phase text not null default 'open',
  runbook text,

  -- Known once it is closed.
  outcome text,
  closed_at timestamptz,
  closing_summary text,
  root_cause text,
  mutations integer,
  impact_from timestamptz,
  detected_at timestamptz,
  mitigated_at timestamptz,
  recovered_at timestamptz,

  -- SLO series of the impact window, or why there are none.
  series jsonb,
  series_note text,

  unique (environment, service, number)
);
create index incidents_by_alert_key on incidents using gin (alert_keys);

create table timeline_events (
  run_id text not null,
  sequence integer not null,
  at timestamptz not null,
  phase text not null,
  kind text not null,
  summary text not null,
  details jsonb,
  primary key (run_id, sequence)
);
create index timeline_events_by_alert_key on timeline_events ((details ->> 'key')) where kind = 'alert';

-- Down Migration
drop table timeline_events;
drop table incidents;
