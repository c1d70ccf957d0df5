import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { ModeChanges } from '../../services/monitoring-api/mode-changes.js';
import type { PodMode } from '../../services/monitoring-api/pod-modes.js';
import { readModes } from '../../services/monitoring-api/service-modes.js';
import { writeModeChanges } from '../../services/monitoring-api/write-mode-changes.js';
import {
  listAuditEvents,
  readAuditChain,
} from '../../services/shared/storage/audit/read-audit-events.js';
import { verifyAuditChain } from '../../services/shared/storage/audit/verify-audit-chain.js';
import type { Database } from '../../services/shared/storage/database.js';
import { silent } from '../support/api.js';
import { FedMonitor } from '../support/fed-monitor.js';
import { startPostgres } from '../support/postgres.js';
import type { PostgresUnderTest } from '../support/postgres.js';
import { createRegistry } from '../support/registry.js';

let postgres: PostgresUnderTest;
let database: Database;
beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);
beforeEach(async () => {
  ({ database } = await createRegistry(postgres));
}, 20_000);
afterEach(() => database.end({ timeout: 1 }));
afterAll(() => postgres.stop());

const at = (text: string): number => Date.parse(`2026-01-01T00:${text}Z`);
const readOnly: PodMode = { mode: 'read-only', until: at('10:00'), isolation: null };
const isolated = (warehouseId: string | null): PodMode => ({
  mode: 'isolated',
  until: at('20:00'),
  isolation: { tenantId: 'acme', warehouseId, mode: 'block-outbound' },
});

/** monitoring-api, as far as modes go. */
function monitor() {
  const fed = new FedMonitor();
  const changes = new ModeChanges();
  const write = writeModeChanges({ changes, database, logger: silent });
  return {
    fed,
    write,
    /** Lets seconds pass in which each pod obeys what is given for it. */
    see(seconds: number, ...pods: (readonly PodMode[])[]) {
      for (let second = 0; second < seconds; second += 1) {
        fed.second(
          Object.fromEntries(
            pods.map((inForce, index) => [
              `api-old-${index}`,
              { reads: 10, modes: { inForce, refusedFlags: [] } },
            ]),
          ),
        );
        const { service, now } = fed;
        changes.note(service, readModes(fed.monitor.store(service), now, now), now);
      }
    },
  };
}

const recorded = async () =>
  (await listAuditEvents(database, { service: 'inventory', kind: 'mode', limit: 50 })).reverse();

test('modes that begin and end are on record, with before and after, by nobody knows whom', async () => {
  const { see, write } = monitor();
  see(3, [], []);
  await write();
  see(3, [readOnly], [readOnly]);
  await write();
  see(3, [readOnly, isolated('north')], [readOnly, isolated('north')]);
  await write();
  see(3, [isolated('north')], [isolated('north')]);
  await write();

  const mode = { mode: 'read-only', until: '2026-01-01T00:10:00.000Z', isolation: null };
  const other = { ...isolated('north'), until: '2026-01-01T00:20:00.000Z' };
  expect(await recorded()).toMatchObject([
    {
      ...{ kind: 'mode', who: 'unknown', tenant: null, at: '2026-01-01T00:00:04.000Z' },
      what: 'began: read-only until 2026-01-01T00:10:00.000Z',
      before: [],
      after: [mode],
    },
    {
      tenant: 'acme',
      what: 'began: isolated (block-outbound, acme, north) until 2026-01-01T00:20:00.000Z',
      before: [mode],
      after: [mode, other],
    },
    { what: 'ended: read-only until 2026-01-01T00:10:00.000Z', tenant: null, after: [other] },
  ]);
  const verdict = await verifyAuditChain((after) => readAuditChain(database, after, 10));
  expect(verdict).toMatchObject({ intact: true, events: 3 });
});

test('a monitor that starts anew, and a second one, record nothing twice', async () => {
  const [one, other] = [monitor(), monitor()];
  for (const { see } of [one, other]) see(3, [readOnly], [isolated(null)]);
  await Promise.all([one.write(), other.write(), one.write()]);
  const anew = monitor();
  anew.see(3, [isolated(null), readOnly], []);
  await anew.write();
  expect(await recorded()).toHaveLength(1);
  for (const { see } of [one, other, anew]) see(3, [], []);
  await Promise.all([one.write(), other.write(), anew.write()]);
  expect((await recorded()).map(({ after }) => (after as unknown[]).length)).toEqual([2, 0]);
});

test('a mode that has passed its end has ended', async () => {
  const { fed, see, write } = monitor();
  fed.now = at('09:55');
  see(2, [readOnly]);
  await write();
  see(10, [readOnly]);
  await write();
  expect((await recorded()).map(({ what }) => what.split(':')[0])).toEqual(['began', 'ended']);
});

test('a mode that came and went between two writes is on record, in order', async () => {
  const { see, write } = monitor();
  see(3, []);
  await write();
  see(3, [readOnly]);
  see(3, []);
  see(3, [isolated('north')]);
  await write();
  expect((await recorded()).map(({ what }) => what.split(' (')[0])).toEqual([
    'began: read-only until 2026-01-01T00:10:00.000Z',
    'ended: read-only until 2026-01-01T00:10:00.000Z',
    'began: isolated',
  ]);
});

test('what is seen once, or not at all, changes nothing on record', async () => {
  const { fed, see, write } = monitor();
  see(3, [readOnly]);
  await write();
  see(1, []);
  await write();
  see(3, [readOnly]);
  fed.seconds(3, { 'api-old-0': 'unreachable' });
  see(0);
  await write();
  expect(await recorded()).toHaveLength(1);
});

test('waits for the database', async () => {
  const { see, write } = monitor();
  see(3, [readOnly]);
  await database`alter table audit_events rename to audit_events_away`;
  await write();
  await database`alter table audit_events_away rename to audit_events`;
  expect(await recorded()).toEqual([]);
  await write();
  expect(await recorded()).toHaveLength(1);
});
