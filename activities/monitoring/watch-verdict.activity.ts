import { activityInfo, sleep } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { z } from 'zod';
import type { MonitoringActivities } from '../contracts/monitoring.contract.js';
import { withHeartbeat } from '../with-heartbeat.js';
import { decideVerdict, foldReading, type HealthReading, type HoldState } from './hold.js';
import type { MonitoringClient } from './monitoring-client.js';
import { sloReadingSchema } from './monitoring.schema.js';

const holdStateSchema: z.ZodType<HoldState> = z.object({
  provenFrom: z.string().nullable(),
  provenUntil: z.string().nullable(),
  askedAt: z.string(),
  slos: z.array(sloReadingSchema),
  blind: z.string().nullable(),
});

/** Asks until the verdict stands. The hold so far travels in the heartbeats: another worker goes on where this one died. */
export const watchVerdict =
  ({ client }: { readonly client: MonitoringClient }): MonitoringActivities['watchVerdict'] =>
  (input) =>
    withHeartbeat(async (report) => {
      const earlier = holdStateSchema.safeParse(activityInfo().heartbeatDetails);
      let state = earlier.success ? earlier.data : null;
      for (;;) {
        const reading = await read(client, input.service, input.since);
        const now = new Date();
        state = foldReading(state, reading, input, now.toISOString());
        report(state);
        const verdict = decideVerdict(state, input, now.toISOString());
        if (verdict !== null) return verdict;
        await sleep(Math.min(input.pollMs, Math.max(1, Date.parse(input.deadline) - Date.now())));
      }
    });

/** Blind monitoring is a reading too; only a wrong question is an error. */
async function read(
  client: MonitoringClient,
  service: string,
  since: string,
): Promise<HealthReading> {
  try {
    return { health: await client.readHealth(service, since) };
  } catch (error) {
    if (error instanceof ApplicationFailure && error.nonRetryable !== true) {
      return { blind: error.message };
    }
    throw error;
  }
}
