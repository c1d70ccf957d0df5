import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createRegistryActivities } from '../../activities/registry/create-registry-activities.js';
import { appendAuditEvents } from '../../services/shared/storage/audit/append-audit-events.js';
import type { AuditEvent } from '../../services/shared/storage/audit/audit-event.js';
import {
  listAuditEvents,
  readAuditChain,
} from '../../services/shared/storage/audit/read-audit-events.js';
import { readFailedWrites } from '../../services/shared/storage/audit/read-failed-writes.js';
import { verifyAuditChain } from '../../services/shared/storage/audit/verify-audit-chain.js';
import type { Database } from '../../services/shared/storage/database.js';
import { packageFolder } from '../../services/shared/storage/package-folder.js';
import { startPostgres } from '../support/postgres.js';
import type { PostgresUnderTest } from '../support/postgres.js';
import { createRegistry } from '../support/registry.js';

let postgres: PostgresUnderTest;
let url: string;
let sql: Database;

beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);
afterAll(() => postgres.stop());
beforeEach(async () => {
  ({ url, database: sql } = await createRegistry(postgres));
}, 30_000);
afterEach(() => sql.end({ timeout: 1 }));

const event = (key: string, more: Partial<AuditEvent> = {}): AuditEvent => ({
  key,
  at: '2026-11-24T10:00:00.000Z',
  kind: 'failed-writes',
  service: 'inventory',
  tenant: 'acme',
  incident: null,
  who: 'inventory-api-1',
  what: '3 requests POST /inventory/reservations answered 500',
  target: null,
  before: null,
  after: null,
  details: { z: 1, a: [{ y: 1.5, b: 'ü' }], n: null },
  impactFrom: '2026-11-24T09:59:58+00:00',
  impactTo: null,
  ...more,
});
const append = (...events: AuditEvent[]) =>
  sql.begin((transaction) => appendAuditEvents(transaction, events));
/** In pages of two, so that every test crosses their borders. */
const verify = (noted?: string) =>
  verifyAuditChain((position) => readAuditChain(sql, position, 2), noted);
/** What an administrator of the database can do. */
const tamper = async (statement: string): Promise<void> => {
  await sql.unsafe('alter table audit_events disable trigger audit_events_are_final');
  await sql.unsafe(statement);
};

describe('the audit', () => {
  test('gives back what was recorded, newest first, and by what is asked', async () => {
    await append(event('a'), event('b', { tenant: 'globex', at: '2026-11-24T11:00:00Z' }));
    await append(event('c', { kind: 'decision', service: 'outbound', incident: 'outbound-1' }));

    const keys = async (query: object) =>
      (await listAuditEvents(sql, { limit: 10, ...query })).map(({ key }) => key);
    expect(await keys({})).toEqual(['c', 'b', 'a']);
    expect(await keys({ limit: 1 })).toEqual(['c']);
    expect(await keys({ before: 3 })).toEqual(['b', 'a']);
    expect(await keys({ service: 'inventory' })).toEqual(['b', 'a']);
    expect(await keys({ tenant: 'globex' })).toEqual(['b']);
    expect(await keys({ incident: 'outbound-1' })).toEqual(['c']);
    expect(await keys({ kind: 'decision' })).toEqual(['c']);
    expect(await keys({ since: '2026-11-24T10:30:00Z' })).toEqual(['b']);
    expect(await keys({ until: '2026-11-24T10:30:00Z' })).toEqual(['c', 'a']);
    expect(await keys({ since: '2026-11-24T10:00:00Z', until: '2026-11-24T10:00:00Z' })).toEqual([
      'c',
      'a',
    ]);
    expect((await listAuditEvents(sql, { limit: 1, before: 2 }))[0]).toMatchObject({
      ...event('a'),
      position: 1,
      impactFrom: '2026-11-24T09:59:58.000Z',
    });
  });

  test('records a key once, however often it is written', async () => {
    await append(event('a'), event('a'));
    await append(event('a', { what: 'something else' }), event('b'));
    expect((await listAuditEvents(sql, { limit: 10 })).map(({ key }) => key)).toEqual(['b', 'a']);
    expect(await verify()).toMatchObject({ intact: true, events: 2 });
  });

  test('is one whole chain after many have written at once', async () => {
    await Promise.all(
      Array.from({ length: 60 }, (_, index) => append(event(`x${index}`), event(`y${index % 20}`))),
    );
    expect(await verify()).toMatchObject({ intact: true, events: 80 });
  });

  test.each([
    'update audit_events set who = $$nobody$$',
    'delete from audit_events where position = 1',
    'truncate audit_events',
  ])('refuses to %s', async (statement) => {
    await append(event('a'));
    await expect(sql.unsafe(statement)).rejects.toThrow('audit_events: they are only ever added');
    expect(await verify()).toMatchObject({ intact: true, events: 1 });
  });
});

describe('the failed writes of an incident', () => {
  const at = (second: number) => `2026-11-24T10:00:${String(second).padStart(2, '0')}.000Z`;
  const failed = (
    key: string,
    [from, to]: [number, number],
    { count = 1, status = 500, route = '/items' }: Record<string, unknown> = {},
    more: Partial<AuditEvent> = {},
  ) =>
    event(key, {
      at: at(from),
      impactFrom: at(from),
      impactTo: at(to),
      details: { count, pod: 'pod-1', method: 'POST', route, status, requestIds: [] },
      ...more,
    });
  const closed = (impactTo: string | null) =>
    event('closed', {
      kind: 'incident-closed',
      incident: 'inventory-1',
      tenant: null,
      at: at(40),
      impactFrom: at(10),
      impactTo,
    });
  const keysOf = async (query: object) =>
    (await listAuditEvents(sql, { limit: 50, ...query })).map(({ key }) => key).sort();

  test('belong to it by its impact window, once it is closed', async () => {
    await append(
      failed('before', [1, 9]),
      failed('begun before', [5, 10]),
      failed('within', [12, 15]),
      failed('at its end', [30, 34]),
      failed('after', [31, 34]),
      failed('of another', [12, 15], {}, { service: 'outbound' }),
    );
    expect(await keysOf({ incident: 'inventory-1' })).toEqual([]);
    expect(await readFailedWrites(sql, 'inventory-1')).toBeNull();

    await append(closed(at(30)));
    const within = ['at its end', 'begun before', 'within'];
    expect(await keysOf({ incident: 'inventory-1' })).toEqual([...within, 'closed'].sort());
    expect(await keysOf({ incident: 'inventory-1', tenant: 'globex' })).toEqual([]);
    expect(
      await keysOf({ kind: 'failed-writes', service: 'inventory', since: at(10), until: at(30) }),
    ).toEqual(within);
    expect(await readFailedWrites(sql, 'inventory-1')).toMatchObject({
      window: { service: 'inventory', from: at(10), to: at(30) },
      failed: 3,
    });
  });

  test('go on to its closing where no recovery was proven', async () => {
    await append(closed(null), failed('late', [39, 44]), failed('later', [41, 44]));
    expect(await keysOf({ incident: 'inventory-1', kind: 'failed-writes' })).toEqual(['late']);
  });

  test('are added up by tenant and route, callers who gave up apart, the smaller ones together', async () => {
    await append(
      closed(at(30)),
      failed('a1', [12, 15], { count: 40 }),
      failed('a2', [16, 19], { count: 2, status: 503 }),
      failed('a3', [16, 19], { count: 5, status: 499 }),
      failed('unnamed', [16, 19], { count: 20, route: null, status: null }, { tenant: null }),
      ...Array.from({ length: 10 }, (_, index) =>
        failed(`t${index}`, [16, 19], { count: 10 - index }, { tenant: `tenant-${index}` }),
      ),
    );
    const summary = await readFailedWrites(sql, 'inventory-1');
    expect(summary).toMatchObject({
      failed: 117,
      givenUp: 5,
      others: { kinds: 2, failed: 3, givenUp: 0 },
    });
    expect(summary?.routes).toHaveLength(10);
    expect(summary?.routes.slice(0, 3)).toEqual([
      { tenant: 'acme', method: 'POST', route: '/items', failed: 42, givenUp: 5 },
      { tenant: null, method: 'POST', route: null, failed: 20, givenUp: 0 },
      { tenant: 'tenant-0', method: 'POST', route: '/items', failed: 10, givenUp: 0 },
    ]);
  });
});

describe('verifying the audit', () => {
  beforeEach(() => append(...['a', 'b', 'c', 'd', 'e'].map((key) => event(key))));

  test('finds nothing in a chain that is whole, nor in an empty one', async () => {
    expect(await verify()).toMatchObject({ intact: true, events: 5 });
    await tamper('truncate audit_events');
    expect(await verify()).toEqual({ intact: true, events: 0, head: '0'.repeat(64) });
  });

  test.each([
    ['a changed word', "update audit_events set who = 'nobody' where position = 3", 3],
    ['a changed detail', `update audit_events set details = '{"z":2}' where position = 2`, 2],
    ['a moved time', 'update audit_events set impact_to = now() where position = 5', 5],
    ['a row taken out', 'delete from audit_events where position = 4', 4],
    ['the first row taken out', 'delete from audit_events where position = 1', 1],
    [
      'two rows that changed places',
      'update audit_events set position = 10 - position where position in (1, 2); update audit_events set position = 10 - position + (case position when 9 then 1 else -1 end) where position in (9, 8)',
      1,
    ],
  ])('finds %s', async (_what, statement, position) => {
    await tamper(statement);
    expect(await verify()).toMatchObject({ intact: false, position });
  });

  test('finds a row that was changed and given a new hash of its own', async () => {
    await tamper(
      "update audit_events set who = 'nobody', hash = repeat('f', 64) where position = 3",
    );
    expect(await verify()).toEqual({
      intact: false,
      position: 3,
      reason: 'it was changed after it was recorded',
    });
  });

  test('finds an end cut off only by a head noted before', async () => {
    const whole = await verify();
    if (!whole.intact) throw new Error('the chain is broken already');
    expect(await verify(whole.head)).toEqual(whole);
    await append(event('f'));
    expect(await verify(whole.head)).toMatchObject({ intact: true, events: 6 });
    await tamper('delete from audit_events where position >= 5');
    expect(await verify()).toMatchObject({ intact: true, events: 4 });
    expect(await verify(whole.head)).toMatchObject({ intact: false, position: 5 });
  });

  test('is a command that ends with 0 or 1, and names the first bad event', async () => {
    const run = async (...args: string[]) => {
      const program = packageFolder('bin/runbook.js');
      const env = { PATH: '/usr/bin:/bin', RUNBOOK_ENVIRONMENT: 'test', DATABASE_URL: url };
      try {
        const { stdout } = await promisify(execFile)(
          process.execPath,
          [program, 'audit', 'verify', ...args],
          { env },
        );
        return { code: 0, text: stdout };
      } catch (error) {
        const { code, stderr } = error as { code: number; stderr: string };
        return { code, text: stderr };
      }
    };
    expect(await run()).toMatchObject({
      code: 0,
      text: expect.stringMatching(/^intact: 5 events, head [\da-f]{64}\n$/),
    });
    await tamper("update audit_events set who = 'nobody' where position = 3");
    expect(await run('--json')).toEqual({
      code: 1,
      text: 'the audit is broken: event 3: it was changed after it was recorded\n',
    });
  });
});

describe('an incident', () => {
  const ref = {
    workflowId: 'incident:test/inventory',
    runId: 'run-1',
    environment: 'test',
    service: 'inventory',
  };
  const at = (second: number) => `2026-11-24T10:00:0${second}.000Z`;

  test('leaves what was decided and changed, by whom, and its impact window, once', async () => {
    const activities = createRegistryActivities({ sql, monitoringUrl: 'http://127.0.0.1:1' });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await activities.recordOpened({
        ...ref,
        openedAt: at(1),
        severity: 'critical',
        trigger: 'ErrorRateFastBurn',
        summary: 'errors 10 %',
        alertKeys: [],
      });
      await activities.recordTimeline({
        ...ref,
        phase: 'act',
        runbook: 'rollback',
        events: [
          { sequence: 0, at: at(2), phase: 'confirm', kind: 'verdict', summary: 'breached' },
          {
            sequence: 1,
            at: at(3),
            phase: 'decide',
            kind: 'decision',
            summary: 'approve by ada',
            details: { by: 'ada', decision: 'approve', planHash: 'c0ffee' },
          },
          {
            sequence: 2,
            at: at(4),
            phase: 'act',
            kind: 'mutation',
            summary: 'applied: back to revision 1',
            details: {
              receipts: [],
              changes: [
                {
                  target: 'deployment supply-chain/inventory-api',
                  digestBefore: 'old',
                  digestAfter: 'new',
                  diff: '-2\n+1',
                },
              ],
            },
          },
        ],
      });
      await activities.recordClosed({
        ...ref,
        outcome: 'recovered',
        closedAt: at(9),
        breachedFrom: at(0),
        verdictWindowMs: 4_000,
        detectedAt: at(1),
        mitigatedAt: at(5),
        recoveredAt: at(8),
        runbook: 'rollback',
        mutations: 1,
        rootCause: 'bad release',
        summary: 'all objectives held',
      });
    }

    const events = (await listAuditEvents(sql, { limit: 10, incident: 'inventory-1' })).reverse();
    expect(events).toMatchObject([
      { kind: 'incident-opened', at: at(1), who: 'durable-runbooks', what: 'errors 10 %' },
      { kind: 'decision', at: at(3), who: 'ada', details: { planHash: 'c0ffee' } },
      {
        kind: 'mutation',
        at: at(4),
        target: 'deployment supply-chain/inventory-api',
        before: [{ digest: 'old' }],
        after: [{ digest: 'new', diff: '-2\n+1' }],
      },
      { kind: 'incident-closed', at: at(9), impactFrom: at(0), impactTo: at(8) },
    ]);
    expect(await verify()).toMatchObject({ intact: true, events: 4 });
  });
});
