import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Command } from 'commander';
import { readEnvironment } from '../../../../configuration/environment.js';
import { registerIncidents } from '../../../../services/cli/commands/incidents.command.js';

const planHash = '003f12039975cf1d104a19b9440ed72abbb6ffe52c5e87c796fa0b08a3604b9d';
const event = (sequence: number) => ({
  sequence,
  at: `2026-11-24T10:00:0${sequence}.000Z`,
  phase: 'decide',
  kind: 'note',
  summary: `event ${sequence}`,
});
const detail = {
  incident: { name: 'inventory-7', outcome: null, phase: 'decide' },
  timeline: [event(4), event(5)],
  eventCount: 1_206,
  live: {
    phase: 'decide',
    headline: 'Planned: roll back',
    hypotheses: [],
    plan: null,
    question: {
      stepId: 'rollback-1',
      planHash,
      text: 'May rollback be done?',
      role: 'on-call',
      deadline: '2026-11-24T10:05:00.000Z',
      answers: [
        { stepId: 'rollback-1', planHash, decision: 'approve' },
        { stepId: 'rollback-1', decision: 'abort' },
      ],
    },
  },
};

const asking = {
  ...detail,
  live: {
    ...detail.live,
    headline: 'Cause not clear',
    question: {
      ...detail.live.question,
      stepId: 'ask-2',
      planHash: null,
      text: 'Cause not clear. What shall be done?',
      answers: [{ stepId: 'ask-2', decision: 'approve', runbook: 'rollback', revision: 1 }],
      revisions: [
        {
          revision: 2,
          replicaSetUid: 'uid-2',
          image: 'shop:1.1',
          changeCause: 'release 1.1',
          createdAt: '2026-11-24T09:00:00Z',
          standing: 'bad',
          known: 'did not roll out in shop-6',
          refusal: null,
        },
      ],
    },
  },
};

let server: Server;
let asked: string[];
let answer: object = detail;
beforeAll(async () => {
  server = createServer(({ url = '' }, response) => {
    asked.push(url);
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.close();
});

/** Runs `runbook incidents show inventory-7`. Gives what it printed. */
async function show(...args: string[]): Promise<string> {
  asked = [];
  const printed: string[] = [];
  const print = (line: string) => void printed.push(line);
  const environment = readEnvironment({
    INCIDENT_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  });
  const program = new Command().exitOverride();
  registerIncidents(program, { environment, print, note: print, ask: null });
  await program.parseAsync(['incidents', 'show', 'inventory-7', ...args], { from: 'user' });
  return printed.join('\n');
}

describe('incidents show', () => {
  test('tells the end of a long timeline and how much came before it', async () => {
    const text = await show();
    expect(asked).toEqual(['/incidents/inventory-7?events=200']);
    expect(text).toMatch(
      /… 1204 earlier, see npx runbook postmortem inventory-7.*\n.*event 4\n.*event 5$/,
    );
  });

  test('prints every answer as a command bound to the plan or the step that is shown', async () => {
    const text = await show();
    expect(text).toContain(
      "  npx runbook approve inventory-7 --plan 003f12039975 --reason '…'\n" +
        "  npx runbook abort inventory-7 --step rollback-1 --reason '…'",
    );
  });

  test('lists the revisions to choose from with what is known of each, and says the headline once', async () => {
    answer = asking;
    const text = await show();
    answer = detail;
    expect(text).toContain(
      '  2  release 1.1, shop:1.1, made 2026-11-24T09:00:00Z: did not roll out in shop-6',
    );
    expect(text).toContain(
      "  npx runbook approve inventory-7 --step ask-2 --runbook rollback --revision 1 --reason '…'",
    );
    expect(text.match(/Cause not clear/g)).toHaveLength(1);
  });

  test('gives a program as many events as the API has at once', async () => {
    expect(JSON.parse(await show('--json'))).toEqual(detail);
    expect(asked).toEqual(['/incidents/inventory-7?events=1000']);
  });
});
