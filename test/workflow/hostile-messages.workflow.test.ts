import { describe, expect, jest, test } from '@jest/globals';
import type { AlertEvent, DecisionMessage } from '../../workflows/messages.js';
import { decideUpdate } from '../../workflows/incident-view.js';
import { alertSignal, decideSignal } from '../../workflows/messages.js';
import { driveIncident } from '../support/incident-driver.js';
import { serveTemporal } from '../support/temporal.js';
import { World } from '../support/world.js';

jest.setTimeout(60_000);

const temporal = serveTemporal();

/** NUL, and one half of a surrogate pair: neither UTF-8 nor PostgreSQL has room for it. */
const hostile = 'a\0b \ud800 c';
const junk: unknown[] = [null, 7, 'approve', [], {}, { decision: ['approve'] }, { stepId: {} }];

describe('hostile messages', () => {
  test('are refused or counted like any other, and the incident goes on', async () => {
    const world = new World();
    const incident = await driveIncident(temporal(), world, (policy) => {
      policy.runbooks.rollback.approval = 'required';
    });
    await incident.while(async () => {
      const handle = await incident.fire({ key: hostile, summary: hostile, alertname: hostile });
      const { question } = await incident.see('a question', (view) => view.question !== null);
      const refused: DecisionMessage = { stepId: hostile, decision: 'approve', by: hostile };
      await expect(handle.executeUpdate(decideUpdate, { args: [refused] })).rejects.toThrow();
      for (const sent of [refused, ...junk]) {
        await handle.signal(decideSignal, sent as DecisionMessage);
        await handle.signal(alertSignal, sent as AlertEvent);
      }
      await handle.executeUpdate(decideUpdate, {
        args: [{ ...question!.answers[0]!, by: hostile, reason: hostile }],
      });
      expect(await handle.result()).toMatchObject({ outcome: 'recovered' });
      expect(world.told(/^not counted: /)).toHaveLength(2 * (1 + junk.length));
    });
  });
});
