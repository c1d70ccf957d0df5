import { createRoute, z } from '@hono/zod-openapi';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Configuration } from '../../configuration/load-configuration.js';
import type { IncidentView } from '../../workflows/incident-view.js';
import type { DecisionMessage } from '../../workflows/messages.js';
import { createRoutes } from '../shared/http/create-api.js';
import { bearer } from '../shared/http/openapi-document.js';
import { HttpProblem } from '../shared/http/problem.js';
import {
  jsonBody,
  jsonContent,
  locationHeader,
  pageCursor,
  pageLimit,
  problemContent,
  text,
} from '../shared/http/request-schemas.js';
import type { Database } from '../shared/storage/database.js';
import type { IncidentRecord } from '../shared/storage/registry/incident-record.js';
import { listIncidents, readTimelineEnd } from '../shared/storage/registry/read-incidents.js';
import {
  DecisionRefused,
  DecisionUnanswered,
  readState,
  sendDecision,
  signalFiring,
} from '../shared/temporal/incident-calls.js';
import { incidentInput, manualAlert } from '../shared/temporal/incident-opening.js';
import type { IncidentPlace } from '../shared/temporal/incident-opening.js';
import { isTemporalUnreachable } from '../shared/temporal/temporal-client.js';
import type { TemporalClient } from '../shared/temporal/temporal-client.js';
import { incidentId, requireIncident } from './find-incident.js';
import {
  decisionSchema,
  incidentDetailSchema,
  incidentListSchema,
  openedSchema,
  openingSchema,
  viewSchema,
} from './incident.schemas.js';

/** A view that is late is not worth waiting for: the registry has nearly the same. */
const liveDeadlineMs = 1_500;
const callDeadlineMs = 5_000;

const notFound = problemContent('No such incident');
const unavailable = problemContent('Registry or Temporal cannot be reached');

const listRoute = createRoute({
  method: 'get',
  path: '/incidents',
  summary: 'Incidents, newest first',
  security: bearer,
  request: {
    query: z.object({
      service: text(200).optional(),
      limit: pageLimit,
      cursor: pageCursor,
    }),
  },
  responses: {
    200: jsonContent(incidentListSchema, 'One page'),
    422: problemContent('The query does not fit'),
    503: unavailable,
  },
});

const showRoute = createRoute({
  method: 'get',
  path: '/incidents/{id}',
  summary: 'One incident with the end of its timeline and, while it is open, its live view',
  security: bearer,
  request: {
    params: incidentId,
    query: z.object({
      events: z.coerce.number().int().min(1).max(1_000).default(1_000).openapi({
        description: 'So many of the newest events',
      }),
    }),
  },
  responses: {
    200: jsonContent(incidentDetailSchema, 'The incident'),
    404: notFound,
    422: problemContent('The query does not fit'),
    503: unavailable,
  },
});

const openRoute = createRoute({
  method: 'post',
  path: '/incidents',
  summary: 'Opens an incident by hand, or joins the open one',
  security: bearer,
  request: { body: jsonBody(openingSchema) },
  responses: {
    202: { ...jsonContent(openedSchema, 'Temporal has stored it'), headers: locationHeader },
    422: problemContent('Not an opening, or an unknown service'),
    503: unavailable,
  },
});

const decideRoute = createRoute({
  method: 'post',
  path: '/incidents/{id}/decisions',
  summary: 'Decides the step that waits',
  security: bearer,
  request: {
    params: incidentId,
    headers: z.object({
      'idempotency-key': text(128)
        .optional()
        .openapi({ description: 'Repeating it does not decide twice' }),
    }),
    body: jsonBody(decisionSchema),
  },
  responses: {
    200: jsonContent(viewSchema, 'Taken: the incident as it stands with it'),
    404: notFound,
    409: problemContent('Another step or plan waits, or the incident is closed'),
    422: problemContent('Not a decision'),
    503: unavailable,
  },
});

export interface IncidentRoutesDependencies {
  readonly sql: Database;
  readonly temporal: TemporalClient;
  readonly taskQueue: string;
  readonly place: IncidentPlace;
  readonly configuration: Configuration;
  readonly now: () => Date;
}

export function incidentRoutes(dependencies: IncidentRoutesDependencies): OpenAPIHono {
  const { sql, temporal, taskQueue, place, configuration, now } = dependencies;
  const { environment } = place;

  return createRoutes()
    .openapi(listRoute, async (c) => {
      const { service, limit, cursor } = c.req.valid('query');
      const incidents = await listIncidents(sql, { environment, service, limit, before: cursor });
      const nextCursor = incidents.length === limit ? (incidents.at(-1)?.id ?? null) : null;
      return c.json({ incidents, nextCursor }, 200);
    })
    .openapi(showRoute, async (c) => {
      const incident = await requireIncident(sql, environment, c.req.valid('param').id);
      const [end, live] = await Promise.all([
        readTimelineEnd(sql, incident.runId, c.req.valid('query').events),
        readLive(temporal, incident),
      ]);
      return c.json({ incident, ...end, live }, 200);
    })
    .openapi(openRoute, async (c) => {
      const opening = c.req.valid('json');
      const { service } = opening;
      if (!Object.hasOwn(configuration.services, service)) {
        const known = Object.keys(configuration.services).join(', ');
        throw new HttpProblem(422, `unknown service ${service}; known: ${known}`);
      }
      const input = incidentInput(configuration, place, service);
      const { workflowId } = await fromTemporal(
        temporal.within(callDeadlineMs, () =>
          signalFiring(temporal, taskQueue, input, manualAlert(opening, now())),
        ),
      );
      return c.json({ service, workflowId }, 202, { location: `/incidents/${service}` });
    })
    .openapi(decideRoute, async (c) => {
      const incident = await requireIncident(sql, environment, c.req.valid('param').id);
      if (incident.outcome !== null) {
        throw new HttpProblem(409, `${incident.name} is closed: ${incident.outcome}`);
      }
      const { workflowId, runId } = incident;
      const options = {
        deadlineMs: callDeadlineMs,
        updateId: c.req.valid('header')['idempotency-key'],
      };
      const decision = c.req.valid('json') as DecisionMessage;
      const view = await fromTemporal(
        sendDecision(temporal, { workflowId, runId }, decision, options),
      );
      return c.json(view, 200);
    });
}

async function readLive(
  temporal: TemporalClient,
  { workflowId, runId, outcome }: IncidentRecord,
): Promise<IncidentView | null> {
  if (outcome !== null) return null;
  try {
    return await readState(temporal, { workflowId, runId }, liveDeadlineMs);
  } catch {
    // Whatever the reason, the registry's record is the answer; /readyz tells about Temporal.
    return null;
  }
}

async function fromTemporal<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof DecisionRefused) {
      throw new HttpProblem(409, error.message, { cause: error });
    }
    const retry = { headers: { 'retry-after': '1' }, cause: error };
    if (error instanceof DecisionUnanswered) throw new HttpProblem(503, error.message, retry);
    if (isTemporalUnreachable(error)) {
      throw new HttpProblem(503, 'Temporal cannot be reached; try again', retry);
    }
    throw error;
  }
}
