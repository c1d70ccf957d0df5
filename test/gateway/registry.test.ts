import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createRegistryActivities } from '../../activities/registry/create-registry-activities.js';
import type {
  IncidentRef,
  RecordClosedInput,
  RecordOpenedInput,
  RegistryActivities,
  TimelineEvent,
} from '../../activities/contracts/registry.contract.js';
import { appendAuditEvents } from '../../services/shared/storage/audit/append-audit-events.js';
import type { AuditEvent } from '../../services/shared/storage/audit/audit-event.js';
import {
  listAuditEvents,
  readAuditChain,
} from '../../services/shared/storage/audit/read-audit-events.js';
import { verifyAuditChain } from '../../services/shared/storage/audit/verify-audit-chain.js';
import type { Database } from '../../services/shared/storage/database.js';
import {
  migrateRegistry,
  openRegistry,
} from '../../services/shared/storage/registry/open-registry.js';
import {
  findIncident,
  listIncidents,
  readSeries,
  readTimeline,
  readTimelineEnd,
  readWholeTimeline,
} from '../../services/shared/storage/registry/read-incidents.js';
import { createLogger } from '../../services/shared/telemetry/logger.js';
import { startPostgres } from '../support/postgres.js';
import type { PostgresUnderTest } from '../support/postgres.js';

let postgres: PostgresUnderTest;
let sql: Database;
let monitoring: Server;
let monitoringUrl: string;
let asked: URL[] = [];
let registry: RegistryActivities;

const series = [
  {
    service: 'inventory',
    slo: 'error-rate',
    unit: 'percent',
    threshold: 1,
    points: [{ at: '2026-11-24T10:00:00.000Z', value: 0.2 }],
  },
];

beforeAll(async () => {
  postgres = await startPostgres();
  const url = await postgres.createDatabase('registry_test');
  await migrateRegistry(url, createLogger({ name: 'test', level: 'silent' }));
  sql = openRegistry(url, 'test');
  monitoring = createServer((request, response) => {
    asked.push(new URL(request.url ?? '', 'http://monitoring'));
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ series }));
  });
  await new Promise<void>((resolve) => monitoring.listen(0, '127.0.0.1', resolve));
  monitoringUrl = `http://127.0.0.1:${(monitoring.address() as AddressInfo).port}`;
  registry = createRegistryActivities({ sql, monitoringUrl });
}, 60_000);

afterAll(async () => {
  await sql.end({ timeout: 1 });
  monitoring.close();
  await postgres.stop();
});

let run = 0;
const nextRun = (service: string): IncidentRef => {
  run += 1;
  return {
    workflowId: `incident:test/${service}`,
    runId: `run-${run}`,
    environment: 'test',
    service,
  };
};
const opening = (ref: IncidentRef, alertKeys = [`${ref.runId}|firing`]): RecordOpenedInput => ({
  ...ref,
  openedAt: '2026-11-24T10:00:00.000Z',
  severity: 'critical',
  trigger: 'ErrorRateFastBurn',
  summary: 'error rate 12.5 %',
  alertKeys,
});
const closing = (ref: IncidentRef): RecordClosedInput => ({
  ...ref,
  outcome: 'recovered',
  closedAt: '2026-11-24T10:02:00.000Z',
  breachedFrom: '2026-11-24T09:59:40.000Z',
  verdictWindowMs: 10_000,
  detectedAt: '2026-11-24T10:00:00.000Z',
  mitigatedAt: '2026-11-24T10:00:50.000Z',
  recoveredAt: '2026-11-24T10:01:20.000Z',
  runbook: 'rollback',
  mutations: 1,
  rootCause: 'bad-release',
  summary: 'rolled back',
});
const event = (sequence: number, over: Partial<TimelineEvent> = {}): TimelineEvent => ({
  sequence,
  at: `2026-11-24T10:00:${String(sequence).padStart(2, '0')}.000Z`,
  phase: 'confirm',
  kind: 'note',
  summary: `event ${sequence}`,
  ...over,
});
/** Text that does not compress: an index holds it whole. */
const noise = (length: number): string => randomBytes(length).toString('base64').slice(0, length);

describe('the registry', () => {
  test('numbers episodes of one service without gaps or twins when they open at once', async () => {
    const runs = Array.from({ length: 20 }, () => nextRun('crowded'));
    const episodes = await Promise.all(runs.map((ref) => registry.recordOpened(opening(ref))));
    expect(episodes.map(({ number }) => number).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
    expect(episodes[0]?.name).toBe(`crowded-${episodes[0]?.number}`);
  });

  test('opens a run once however often and concurrently it is told to', async () => {
    const ref = nextRun('repeated');
    const input = opening(ref);
    const answers = await Promise.all([1, 2, 3, 4].map(() => registry.recordOpened(input)));
    const late = await registry.recordOpened({ ...input, summary: 'another text' });
    expect([...answers, late].map(({ name }) => name)).toEqual(Array(5).fill('repeated-1'));
    const record = await findIncident(sql, 'test', ref.runId);
    expect(record).toMatchObject({
      name: 'repeated-1',
      summary: 'error rate 12.5 %',
      openedAt: '2026-11-24T10:00:00.000Z',
      outcome: null,
    });
  });

  test('keeps each timeline event once and lets the newest one name the phase', async () => {
    const ref = nextRun('timeline');
    const write = (phase: 'confirm' | 'act', events: TimelineEvent[]) =>
      registry.recordTimeline({
        ...ref,
        phase,
        runbook: phase === 'act' ? 'rollback' : null,
        events,
      });
    await Promise.all([
      write('act', [event(3, { details: { receipt: { fence: 1 } } }), event(4)]),
      write('confirm', [event(0), event(1), event(2)]),
      write('confirm', [event(1), event(2)]),
    ]);
    await write('confirm', [event(2)]);
    const timeline = await readTimeline(sql, ref.runId);
    expect(timeline.map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3, 4]);
    expect(timeline[3]).toEqual(event(3, { details: { receipt: { fence: 1 } } }));
    expect(await readTimeline(sql, ref.runId, { after: 3 })).toEqual([event(4)]);
    expect(await findIncident(sql, 'test', 'timeline-1')).toMatchObject({
      phase: 'act',
      runbook: 'rollback',
    });
  });

  test('reads the end of a long timeline, and for a post-mortem no more than its first and newest 5,000', async () => {
    const fill = (runId: string, events: number) => sql`
      insert into timeline_events (run_id, sequence, at, phase, kind, summary)
      select ${runId}, n, now(), 'confirm', 'note', 'event ' || n from generate_series(1, ${events}::int) n`;
    const { runId } = nextRun('long');
    await fill(runId, 10_000);
    const end = await readTimelineEnd(sql, runId, 2);
    expect(end.timeline.map(({ sequence }) => sequence)).toEqual([9_999, 10_000]);
    expect(end.eventCount).toBe(10_000);
    const whole = await readWholeTimeline(sql, runId);
    expect(whole.omittedEvents).toBe(0);
    expect(whole.timeline.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 10_000 }, (_, index) => index + 1),
    );

    const longer = nextRun('longer');
    await fill(longer.runId, 10_007);
    const { timeline, omittedEvents } = await readWholeTimeline(sql, longer.runId);
    expect(omittedEvents).toBe(7);
    expect(timeline).toHaveLength(10_000);
    expect(timeline[4_999]?.sequence).toBe(5_000);
    expect(timeline[5_000]?.sequence).toBe(5_008);
  });

  test('accepts closing before opening and loses neither', async () => {
    const ref = nextRun('reversed');
    await registry.recordClosed(closing(ref));
    await registry.recordOpened(opening(ref));
    await registry.recordClosed({ ...closing(ref), outcome: 'unresolved' });
    expect(await findIncident(sql, 'test', 'reversed')).toMatchObject({
      name: 'reversed-1',
      trigger: 'ErrorRateFastBurn',
      outcome: 'recovered',
      mutations: 1,
      impactFrom: '2026-11-24T09:59:40.000Z',
      impactKnownBy: 'breach',
      breachedFrom: '2026-11-24T09:59:40.000Z',
      recoveredAt: '2026-11-24T10:01:20.000Z',
    });
  });

  test('names the closed episode that already met an alert, by its opening or its timeline', async () => {
    const first = nextRun('resent');
    await registry.recordOpened(opening(first, ['a|firing|1']));
    await registry.recordTimeline({
      ...first,
      phase: 'confirm',
      runbook: null,
      events: [event(0, { kind: 'alert', details: { key: 'b|firing|1' } })],
    });
    const open = await registry.recordOpened(opening(nextRun('resent'), ['a|firing|1']));
    expect(open.handledBefore).toBeNull();
    await registry.recordClosed(closing(first));
    const byOpening = await registry.recordOpened(opening(nextRun('resent'), ['x', 'a|firing|1']));
    const byTimeline = await registry.recordOpened(opening(nextRun('resent'), ['b|firing|1']));
    const fresh = await registry.recordOpened(opening(nextRun('resent'), ['a|firing|2']));
    const none = await registry.recordOpened(opening(nextRun('resent'), []));
    expect([byOpening, byTimeline, fresh, none].map((episode) => episode.handledBefore)).toEqual([
      'resent-1',
      'resent-1',
      null,
      null,
    ]);
  });

  test('keeps the SLO series from twice the length of the impact before it', async () => {
    const ref = nextRun('inventory');
    asked = [];
    const began = Date.now() - 30_000;
    await registry.recordClosed({ ...closing(ref), breachedFrom: new Date(began).toISOString() });
    expect(await readSeries(sql, ref.runId)).toEqual({ series, note: null });
    expect(asked[0]?.pathname).toBe('/monitoring/series');
    const query = Object.fromEntries(asked[0]?.searchParams ?? []);
    expect(query['service']).toBe('inventory');
    const lead = began - Date.parse(query['from'] ?? '');
    expect(lead).toBeGreaterThanOrEqual(60_000);
    expect(lead).toBe(2 * (Date.parse(query['to'] ?? '') - began));
  });

  test('begins the impact with the first failed write that led to the breach', async () => {
    const ref = nextRun('hit');
    const failedWrite = (at: string): AuditEvent => ({
      key: `failed ${at}`,
      at,
      kind: 'failed-writes',
      service: ref.service,
      tenant: 'acme',
      incident: null,
      who: 'acme',
      what: '1 × POST /items failed with 500',
      target: null,
      before: null,
      after: null,
      details: { count: 1, pod: 'pod-1', method: 'POST', route: '/items', status: 500 },
      impactFrom: at,
      impactTo: at,
    });
    const times = ['09:59:29', '09:59:33.5', '09:59:39', '10:01:00'];
    await sql.begin((transaction) =>
      appendAuditEvents(
        transaction,
        times.map((time) => failedWrite(`2026-11-24T${time}Z`)),
      ),
    );
    await registry.recordClosed(closing(ref));
    const impactFrom = '2026-11-24T09:59:33.500Z';
    expect(await findIncident(sql, 'test', ref.runId)).toMatchObject({
      impactFrom,
      impactKnownBy: 'failed-write',
      breachedFrom: '2026-11-24T09:59:40.000Z',
    });
    const [closed] = await listAuditEvents(sql, {
      incident: 'hit-1',
      kind: 'incident-closed',
      limit: 1,
    });
    expect(closed).toMatchObject({ impactFrom, details: { impactKnownBy: 'failed-write' } });
  });

  test('closes without series when monitoring cannot be reached, and says so', async () => {
    const ref = nextRun('blind');
    const blind = createRegistryActivities({ sql, monitoringUrl: 'http://127.0.0.1:1' });
    await blind.recordClosed(closing(ref));
    expect(await findIncident(sql, 'test', ref.runId)).toMatchObject({ outcome: 'recovered' });
    const kept = await readSeries(sql, ref.runId);
    expect(kept.series).toEqual([]);
    expect(kept.note).toMatch(/^could not read series blind: /);
  });

  test('lists newest first, page by page', async () => {
    for (let index = 0; index < 5; index += 1)
      await registry.recordOpened(opening(nextRun('paged')));
    const list = (before?: number) =>
      listIncidents(sql, { environment: 'test', service: 'paged', limit: 2, before });
    const first = await list();
    const second = await list(first.at(-1)?.id);
    const third = await list(second.at(-1)?.id);
    expect([...first, ...second, ...third].map(({ name }) => name)).toEqual([
      'paged-5',
      'paged-4',
      'paged-3',
      'paged-2',
      'paged-1',
    ]);
    expect(await findIncident(sql, 'test', 'paged')).toMatchObject({ name: 'paged-5' });
    expect(await findIncident(sql, 'elsewhere', 'paged')).toBeNull();
  });

  test('fails with a retryable RegistryUnavailable when the database is gone', async () => {
    const gone = openRegistry('postgres://nobody:none@127.0.0.1:1/none', 'test');
    const activities = createRegistryActivities({ sql: gone, monitoringUrl });
    await expect(activities.recordOpened(opening(nextRun('gone')))).rejects.toMatchObject({
      type: 'RegistryUnavailable',
      nonRetryable: false,
      message: expect.stringMatching(/^could not record opening of incident incident:test\/gone: /),
    });
    await gone.end({ timeout: 1 });
  });
});

describe('text that PostgreSQL cannot keep', () => {
  const hostile = 'a\0b \ud800 c 😀';
  const kept = 'a\ufffdb \ufffd c 😀';

  test('is recorded with U+FFFD in its place, wherever it stands', async () => {
    const ref = nextRun('hostile');
    await registry.recordOpened({
      ...opening(ref, [hostile]),
      trigger: hostile,
      summary: hostile,
    });
    const details = { key: hostile, [hostile]: [{ deep: hostile, number: 1e308 }, null] };
    await registry.recordTimeline({
      ...ref,
      phase: 'confirm',
      runbook: hostile,
      events: [
        event(0, { kind: 'alert', summary: hostile, details }),
        event(1, { kind: 'decision', details: { by: hostile, reason: hostile } }),
      ],
    });
    await registry.recordClosed({ ...closing(ref), rootCause: hostile, summary: hostile });

    expect(await findIncident(sql, 'test', ref.runId)).toMatchObject({
      trigger: kept,
      summary: kept,
      runbook: 'rollback',
      rootCause: kept,
      closingSummary: kept,
    });
    const [alert] = await readTimeline(sql, ref.runId);
    expect(alert).toMatchObject({
      summary: kept,
      details: { key: kept, [kept]: [{ deep: kept, number: 1e308 }, null] },
    });
    expect(await verifyAuditChain((position) => readAuditChain(sql, position, 100))).toMatchObject({
      intact: true,
    });
  });

  test('is recognised in an alert that is sent again', async () => {
    const first = nextRun('hostile-again');
    await registry.recordOpened(opening(first, [hostile]));
    await registry.recordClosed(closing(first));
    const again = await registry.recordOpened(opening(nextRun('hostile-again'), [hostile]));
    expect(again.handledBefore).toBe('hostile-again-1');
  });
});

describe('a record that PostgreSQL refuses for good', () => {
  test.each([
    ['a number out of range', { events: [event(2 ** 40)] }],
    ['no time', { events: [event(0, { at: 'yesterday-ish' })] }],
    ['a time that it does not know', { events: [event(0, { at: '+275760-09-13T00:00:00.000Z' })] }],
    ['a missing value', { events: [event(0, { summary: null as unknown as string })] }],
    [
      'a key too long for its index',
      { events: [event(0, { kind: 'alert', details: { key: noise(50_000) } })] },
    ],
  ])('is not tried again: %s', async (_what, over) => {
    await expect(
      registry.recordTimeline({ ...nextRun('refused'), phase: 'confirm', runbook: null, ...over }),
    ).rejects.toMatchObject({ type: 'InvalidRecord', nonRetryable: true });
  });
});
