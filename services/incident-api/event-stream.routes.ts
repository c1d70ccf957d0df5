import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { SSEStreamingApi } from 'hono/streaming';
import { HttpProblem } from '../shared/http/problem.js';
import type { Database } from '../shared/storage/database.js';
import { findIncident, readTimeline } from '../shared/storage/registry/read-incidents.js';
import type { Logger } from '../shared/telemetry/logger.js';
import { requireIncident } from './find-incident.js';

const pollMs = 500;
/** A comment now and then keeps proxies from cutting a quiet stream. */
const keepAliveMs = 15_000;
const maxStreams = 100;

export interface EventStreamDependencies {
  readonly sql: Database;
  readonly environment: string;
  readonly logger: Logger;
  /** Ends every stream: the process stops. */
  readonly stopping: AbortSignal;
}

/**
 * `GET /incidents/:id/events`: the timeline as server-sent events, from the beginning or after `Last-Event-ID`, until
 * the incident is closed (event `closed`, with its record). Event ids are timeline sequences.
 */
export function eventStreamRoutes({
  sql,
  environment,
  logger,
  stopping,
}: EventStreamDependencies): Hono {
  let open = 0;
  const routes = new Hono();
  routes.get('/incidents/:id/events', async (c) => {
    if (open >= maxStreams) {
      throw new HttpProblem(
        503,
        `${maxStreams} streams are open already; poll GET /incidents/:id`,
        {
          headers: { 'retry-after': '10' },
        },
      );
    }
    const { runId } = await requireIncident(sql, environment, c.req.param('id'));
    const lastSeen = Number.parseInt(c.req.header('last-event-id') ?? '', 10);
    let after = Number.isNaN(lastSeen) ? -1 : lastSeen;
    open += 1;

    const follow = async (stream: SSEStreamingApi): Promise<void> => {
      let quietSince = Date.now();
      try {
        while (!stream.aborted && !stopping.aborted) {
          // The record first: once it says closed, the timeline read after it is complete.
          const incident = await findIncident(sql, environment, runId);
          const events = await readTimeline(sql, runId, { after });
          for (const event of events) {
            await stream.writeSSE({
              id: String(event.sequence),
              event: 'timeline',
              data: JSON.stringify(event),
            });
            after = event.sequence;
            quietSince = Date.now();
          }
          if (incident !== null && incident.outcome !== null) {
            await stream.writeSSE({ event: 'closed', data: JSON.stringify(incident) });
            return;
          }
          if (Date.now() - quietSince > keepAliveMs) {
            await stream.write(': still open\n\n');
            quietSince = Date.now();
          }
          await stream.sleep(pollMs);
        }
      } finally {
        open -= 1;
      }
    };
    return streamSSE(c, follow, (error) => {
      logger.warn({ err: error, runId }, 'could not go on with an event stream');
      return Promise.resolve();
    });
  });
  return routes;
}
