import { setTimeout as sleep } from 'node:timers/promises';
import type { TimelineEvent } from '../../activities/contracts/registry.contract.js';
import type { IncidentRecord } from '../shared/storage/registry/incident-record.js';
import { CommandFailure, exitCodes } from './command.js';
import { explain, openStream } from './incident-api-client.js';
import type { IncidentApiOptions } from './incident-api-client.js';

export interface FollowOptions {
  readonly onEvent: (event: TimelineEvent) => void;
  /** One line when incident-api is away, and one when it is back. */
  readonly onNote: (line: string) => void;
  /** Between two attempts. Default 1 s. */
  readonly pauseMs?: number;
  /** After so long without an answer it gives up. Default one minute. */
  readonly giveUpAfterMs?: number;
}

export const incidentPath = (id: string): string => `/incidents/${encodeURIComponent(id)}`;

/**
 * Follows one episode to its end, each event once, over cut connections and restarts of incident-api.
 * @throws CommandFailure `unreachable` when it gives up, or what the API refused.
 */
export async function followIncident(
  api: IncidentApiOptions,
  runId: string,
  { onEvent, onNote, pauseMs = 1_000, giveUpAfterMs = 60_000 }: FollowOptions,
): Promise<IncidentRecord> {
  let lastEventId: string | null = null;
  let awaySince: number | null = null;
  for (;;) {
    try {
      const stream = await openStream(api, `${incidentPath(runId)}/events`, lastEventId);
      if (awaySince !== null) onNote('incident-api answers again');
      awaySince = null;
      for await (const { id, event, data } of stream) {
        if (event === 'closed') return JSON.parse(data) as IncidentRecord;
        if (event !== 'timeline') continue;
        lastEventId = id;
        onEvent(JSON.parse(data) as TimelineEvent);
      }
    } catch (error) {
      if (!(error instanceof CommandFailure) || error.exitCode !== exitCodes.unreachable)
        throw error;
      const reason = error.cause === undefined ? error.message : explain(error.cause);
      if (awaySince === null) {
        awaySince = Date.now();
        onNote(`incident-api does not answer (${reason}): trying again`);
      } else if (Date.now() - awaySince >= giveUpAfterMs) {
        throw new CommandFailure(
          `incident-api has not answered for ${giveUpAfterMs / 1_000} s: ${reason}`,
          exitCodes.unreachable,
          { cause: error },
        );
      }
    }
    await sleep(pauseMs);
  }
}
