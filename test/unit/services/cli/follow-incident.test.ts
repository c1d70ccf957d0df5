import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { TimelineEvent } from '../../../../activities/contracts/registry.contract.js';
import { followIncident } from '../../../../services/cli/follow-incident.js';
import { eventually } from '../../../support/eventually.js';

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

let server: Server | undefined;
afterEach(() => {
  stop();
});

/** On the port given, or on any. Gives the port. */
async function start(answer: Answer, port = 0): Promise<number> {
  const started = createServer((request, response) => {
    answer(response, request);
  });
  server = started;
  await new Promise<void>((resolve) => started.listen(port, '127.0.0.1', resolve));
  return (started.address() as AddressInfo).port;
}

/** As a kill does: connections are cut, and the next ones refused. */
function stop(): void {
  server?.closeAllConnections();
  server?.close();
}

const timeline = (sequence: number): string =>
  `event: timeline\nid: ${sequence}\ndata: {"sequence":${sequence}}\n\n`;
const ofPort = (port: number) => ({ url: `http://127.0.0.1:${port}`, token: undefined });

describe('following an incident', () => {
  test('goes on after the last event when incident-api is killed and comes back', async () => {
    const port = await start((response) => void response.write(timeline(4) + timeline(5)));
    const seen: number[] = [];
    const notes: string[] = [];
    const following = followIncident(ofPort(port), 'run-1', {
      onEvent: ({ sequence }: TimelineEvent) => void seen.push(sequence),
      onNote: (line) => void notes.push(line),
      pauseMs: 10,
    });
    await eventually('the first events', () => (seen.length === 2 ? seen : undefined));
    stop();
    await eventually('a refused attempt', () => notes[0]);
    await start((response, { headers, url }) => {
      expect(url).toBe('/incidents/run-1/events');
      const after = Number(headers['last-event-id']);
      response.end(`${timeline(after + 1)}event: closed\ndata: {"outcome":"recovered"}\n\n`);
    }, port);

    expect(await following).toEqual({ outcome: 'recovered' });
    expect(seen).toEqual([4, 5, 6]);
    expect(notes).toEqual([
      expect.stringMatching(/^incident-api does not answer \(.+\): trying again$/),
      'incident-api answers again',
    ]);
  });

  test('tries again while it is answered 503', async () => {
    let asked = 0;
    const port = await start((response) => {
      asked += 1;
      if (asked < 3) response.writeHead(503).end();
      else response.end('event: closed\ndata: {"outcome":"aborted"}\n\n');
    });
    const options = { onEvent: () => undefined, onNote: () => undefined, pauseMs: 1 };
    expect(await followIncident(ofPort(port), 'run-1', options)).toEqual({ outcome: 'aborted' });
  });

  test('gives up with exit code 5 after a time without an answer', async () => {
    const port = await start((response) => response.end());
    stop();
    const options = {
      onEvent: () => undefined,
      onNote: () => undefined,
      pauseMs: 1,
      giveUpAfterMs: 20,
    };
    await expect(followIncident(ofPort(port), 'run-1', options)).rejects.toMatchObject({
      exitCode: 5,
      message: expect.stringMatching(/^incident-api has not answered for 0.02 s: ./),
    });
  });

  test('ends at once when the API refuses', async () => {
    const port = await start((response) => {
      response.writeHead(404).end(JSON.stringify({ detail: 'no incident run-1' }));
    });
    const options = { onEvent: () => undefined, onNote: () => undefined };
    await expect(followIncident(ofPort(port), 'run-1', options)).rejects.toMatchObject({
      exitCode: 1,
      message: 'no incident run-1',
    });
  });
});
