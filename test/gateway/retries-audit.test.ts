import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { recordRetries } from '../../services/monitoring-api/record-retries.js';
import { outboundRoutes } from '../../services/outbound-api/app.js';
import { createApi } from '../../services/shared/http/create-api.js';
import { Readiness } from '../../services/shared/http/health-routes.js';
import type { RunningServer } from '../../services/shared/http/server.js';
import { serve } from '../../services/shared/http/server.js';
import { listAuditEvents } from '../../services/shared/storage/audit/read-audit-events.js';
import type { Database } from '../../services/shared/storage/database.js';
import { MetricsRegistry } from '../../services/shared/telemetry/metrics-registry.js';
import { silent } from '../support/api.js';
import type { OutboundDatabase } from '../support/outbound.js';
import { openOutboundDatabase, outboundOptions } from '../support/outbound.js';
import { startPostgres } from '../support/postgres.js';
import type { PostgresUnderTest } from '../support/postgres.js';
import { createRegistry } from '../support/registry.js';

let outbound: OutboundDatabase;
let server: RunningServer;
let postgres: PostgresUnderTest;
let audit: Database;

beforeAll(async () => {
  outbound = await openOutboundDatabase();
  const readiness = new Readiness();
  const registry = new MetricsRegistry();
  const api = createApi({
    title: 'outbound-api',
    release: 'test',
    readiness,
    registry,
    logger: silent,
    faults: null,
    routes: outboundRoutes({
      ...outboundOptions(outbound.database),
      registry,
      tokens: { service: ['service-token'], sre: ['sre-token'] },
    }),
  });
  const options = { host: '127.0.0.1', port: 0, readiness, logger: silent, drainMs: 0 };
  server = await serve(api, options);
  postgres = await startPostgres();
}, 60_000);

afterAll(async () => {
  await server.stop();
  await audit.end({ timeout: 1 });
  await postgres.stop();
  await outbound.stop();
});

beforeEach(async () => {
  await outbound.database`delete from retries`;
  await (audit as Database | undefined)?.end({ timeout: 1 });
  ({ database: audit } = await createRegistry(postgres));
}, 30_000);

const recorder = (changes: { url?: string; token?: string } = {}) =>
  recordRetries({
    service: 'outbound',
    url: `${server.url}/outbound/retries`,
    token: 'service-token',
    database: audit,
    logger: silent,
    ...changes,
  });
/** As `POST /outbound/retry` leaves it. */
const add = (tenant: string | null, role = 'service', count = 1) => outbound.database`
  insert into retries (tenant_id, force, max_attempts, backoff_ms, orders, more, asked_by, key, finished_at)
  select ${tenant}, ${tenant === null}, 3, 5000, 7, false, ${role}, 'key-' || n, now()
  from generate_series(1, ${count}::int) n`;
const recorded = async () =>
  (await listAuditEvents(audit, { kind: 'retry', limit: 200 })).map(({ what, who }) => [what, who]);

test('a retry is on record with the role that asked, once, whoever reads it how often', async () => {
  await add('acme');
  const record = recorder();
  await record();
  await record();
  await add(null, 'sre');
  await record();
  // A monitor that started anew.
  await recorder()();

  expect(await recorded()).toEqual([
    ['retry of 7 orders of all tenants, dead letters too', 'role sre'],
    ['retry of 7 orders of tenant acme', 'role service'],
  ]);
  const [first] = await listAuditEvents(audit, { tenant: 'acme', limit: 1 });
  expect(first).toMatchObject({
    service: 'outbound',
    target: 'queue of outbound',
    details: { key: 'key-1', force: false, orders: 7, maxAttempts: 3, backoffMs: 5_000 },
  });
});

test('what was asked while nobody read is recorded afterwards, page by page', async () => {
  const record = recorder();
  await add('acme');
  await record();
  await add('globex', 'service', 150);
  await record();

  const [{ count } = { count: 0 }] = await audit<{ count: number }[]>`
    select count(*)::int as count from audit_events where kind = 'retry'`;
  expect(count).toBe(151);
});

test.each([
  ['a service that is away', { url: 'http://127.0.0.1:1/outbound/retries' }],
  ['a token that is refused', { token: 'wrong' }],
  ['an answer of another kind', { url: 'SERVER/livez' }],
])(
  '%s leaves the audit as it is, and no more',
  async (_what, changes: { url?: string; token?: string }) => {
    await add('acme');
    const url = changes.url?.replace('SERVER', server.url);
    await recorder({ ...changes, ...(url !== undefined && { url }) })();
    expect(await recorded()).toEqual([]);
  },
);
