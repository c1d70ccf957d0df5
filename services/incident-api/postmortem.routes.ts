import { createRoute, z } from '@hono/zod-openapi';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { createRoutes } from '../shared/http/create-api.js';
import { HttpProblem } from '../shared/http/problem.js';
import { bearer } from '../shared/http/openapi-document.js';
import { problemContent } from '../shared/http/request-schemas.js';
import type { PostmortemFacts } from '../shared/postmortem/postmortem-facts.js';
import { renderChart } from '../shared/postmortem/render-chart.js';
import { renderPostmortem } from '../shared/postmortem/render-postmortem.js';
import type { Database } from '../shared/storage/database.js';
import { readFailedWrites } from '../shared/storage/audit/read-failed-writes.js';
import { readSeries, readWholeTimeline } from '../shared/storage/registry/read-incidents.js';
import { incidentId, requireIncident } from './find-incident.js';

const reportRoute = createRoute({
  method: 'get',
  path: '/incidents/{id}/postmortem',
  summary: 'The post-mortem: Markdown, or with format=json the facts it is made of',
  security: bearer,
  request: {
    params: incidentId,
    query: z.object({ format: z.enum(['md', 'json']).default('md') }),
  },
  responses: {
    200: {
      description: 'The post-mortem',
      content: {
        'text/markdown': { schema: z.string() },
        'application/json': {
          schema: z.custom<PostmortemFacts>().openapi('PostmortemFacts', {
            type: 'object',
            description: 'Record, timeline, series, failed writes',
          }),
        },
      },
    },
    404: problemContent('No such incident'),
    422: problemContent('The request does not fit'),
    503: problemContent('The registry cannot be read'),
  },
});

const chartRoute = createRoute({
  method: 'get',
  path: '/incidents/{id}/postmortem.svg',
  summary: 'The chart of the post-mortem',
  security: bearer,
  request: { params: incidentId },
  responses: {
    200: { description: 'SVG', content: { 'image/svg+xml': { schema: z.string() } } },
    404: problemContent('No such incident, or no series were kept with it'),
    503: problemContent('The registry cannot be read'),
  },
});

export interface PostmortemDependencies {
  readonly sql: Database;
  readonly environment: string;
}

export function postmortemRoutes({ sql, environment }: PostmortemDependencies): OpenAPIHono {
  const readFacts = async (id: string): Promise<PostmortemFacts> => {
    const incident = await requireIncident(sql, environment, id);
    const [events, series, failedWrites] = await Promise.all([
      readWholeTimeline(sql, incident.runId),
      readSeries(sql, incident.runId),
      readFailedWrites(sql, incident.name),
    ]);
    return { incident, ...events, ...series, failedWrites };
  };

  return createRoutes()
    .openapi(reportRoute, async (c) => {
      const facts = await readFacts(c.req.valid('param').id);
      if (c.req.valid('query').format === 'json') return c.json(facts, 200);
      return c.body(renderPostmortem(facts, 'postmortem.svg'), 200, {
        'content-type': 'text/markdown; charset=utf-8',
      });
    })
    .openapi(chartRoute, async (c) => {
      const chart = renderChart(await readFacts(c.req.valid('param').id));
      if (chart === null) throw new HttpProblem(404, 'no SLO series were kept with this incident');
      return c.body(chart, 200, { 'content-type': 'image/svg+xml' });
    });
}
