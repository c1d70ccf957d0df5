import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';
import { streamSSE } from 'hono/streaming';
import type { SSEStreamingApi } from 'hono/streaming';
import { bearer } from '../shared/http/openapi-document.js';
import { HttpProblem } from '../shared/http/problem.js';
import { problemContent } from '../shared/http/request-schemas.js';
import type { Database } from '../shared/storage/database.js';
import { findIncident, readTimeline } from '../shared/storage/registry/read-incidents.js';
import type { Logger } from '../shared/telemetry/logger.js';
import { incidentId, requireIncident } from './find-incident.js';

const pollMs = 500;
/** A comment now and then keeps proxies from cutting a quiet stream. */
const keepAliveMs = 15_000;
const maxStreams = 100;

/** One event of the stream; `data` is JSON: an event of the timeline, or the closed incident. */
const eventSchema = z
  .object({ event: z.enum(['timeline', 'closed']), id: z.string().optional(), data: z.string() })
  .openapi('ServerSentEvent');

const streamRoute = createRoute({
  method: 'get',
  path: '/incidents/{id}/events',
  summary: 'The timeline as it grows, as server-sent events',
  security: bearer,
  request: {
    params: incidentId,
    headers: z.object({
      'last-event-id': z.string().optional().openapi({ description: 'Begins after that event' }),
    }),
  },
  responses: {
    200: {
      description: 'Events `timeline`, then `closed`',
      content: { 'text/event-stream': { schema: eventSchema } },
    },
    404: problemContent('No such incident'),
    503: problemContent('The registry cannot be read, or too many streams are open'),
  },
});

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
}: EventStreamDependencies): OpenAPIHono {
  let open = 0;
  const routes = new OpenAPIHono();
  routes.openAPIRegistry.registerPath(streamRoute);
  routes.get('/incidents/:id/events', async (c) => {
    const { runId } = await requireIncident(sql, environment, c.req.param('id'));
    if (open >= maxStreams) {
      throw new HttpProblem(
        503,
        `${maxStreams} streams are open already; poll GET /incidents/:id`,
        {
          headers: { 'retry-after': '10' },
        },
      );
    }
    // As after GET, without a body: Hono asks this handler for HEAD too, and reads no stream it gets.
    if (c.req.method === 'HEAD') return c.body(null, 200, { 'content-type': 'text/event-stream' });
    const lastSeen = c.req.header('last-event-id') ?? '';
    let after = /^\d{1,9}$/.test(lastSeen) ? Number(lastSeen) : -1;
    open += 1;

    const follow = async (stream: SSEStreamingApi): Promise<void> => {
      let quietSince = Date.now();
      try {
        while (!stream.aborted && !stopping.aborted) {
          // The record first: once it says closed, a timeline read to its end after it is complete.
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
          // There may be more of them than one reading gives.
          if (events.length > 0) continue;
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
