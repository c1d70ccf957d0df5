import { createRoute, z } from '@hono/zod-openapi';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { createRoutes } from '../shared/http/create-api.js';
import { HttpProblem } from '../shared/http/problem.js';
import { instant, jsonContent, pageLimit, problemContent } from '../shared/http/request-schemas.js';
import { addScrapeRoute } from '../shared/http/scrape-route.js';
import type { MetricsRegistry } from '../shared/telemetry/metrics-registry.js';
import { toActiveAlert } from './alert.js';
import { alertsAnswer, healthAnswer, seriesAnswer, signalsAnswer } from './answers.schema.js';
import type { Monitor } from './monitor.js';
import { readFindings } from './findings.js';
import { newestSignals } from './signal-log.js';
import { worstStatus } from './service-health.js';
import { standingFindings } from './standing-findings.js';

export interface MonitoringRoutesOptions {
  readonly monitor: Monitor;
  readonly registry: MetricsRegistry;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** `?service=a&service=b` or `?service=a,b`; all services when not given. */
const services = z
  .union([z.string(), z.array(z.string())])
  .optional()
  .openapi({ description: 'Names, repeated or comma-separated; all when not given.' });

const faults = {
  404: problemContent('No such service'),
  422: problemContent('The query does not fit'),
};

const healthRoute = createRoute({
  method: 'get',
  path: '/monitoring/health',
  summary: 'Whether each service keeps its objectives now, with the numbers',
  request: { query: z.object({ service: services, since: instant.optional() }) },
  responses: {
    200: jsonContent(healthAnswer, 'Status, SLO readings and pods of each service'),
    ...faults,
  },
});
const alertsRoute = createRoute({
  method: 'get',
  path: '/monitoring/alerts',
  summary: 'Active alerts, and the last evaluation of every rule',
  request: { query: z.object({ service: services }) },
  responses: {
    200: jsonContent(alertsAnswer, 'Alerts that are pending, firing or lately resolved'),
    ...faults,
  },
});
const seriesRoute = createRoute({
  method: 'get',
  path: '/monitoring/series',
  summary: 'SLO values through time, for charts',
  request: {
    query: z.object({ service: z.string(), from: instant.optional(), to: instant.optional() }),
  },
  responses: { 200: jsonContent(seriesAnswer, 'One series for each SLO'), ...faults },
});
const signalsRoute = createRoute({
  method: 'get',
  path: '/monitoring/signals',
  summary: 'What went wrong lately, request by request, and what stands out: routes and pods',
  request: {
    query: z.object({
      service: services,
      severity: z
        .enum(['warning', 'error'])
        .optional()
        .openapi({ description: 'At least so severe: `warning` shows errors too.' }),
      tenant: z.string().max(64).optional(),
      since: instant.optional(),
      limit: pageLimit,
    }),
  },
  responses: { 200: jsonContent(signalsAnswer, 'Signals of all pods, newest first'), ...faults },
});
/** What people, pipelines and the operator ask monitoring. Nothing here changes anything. */
export function monitoringRoutes({ monitor, registry, now }: MonitoringRoutesOptions): OpenAPIHono {
  const known = (service: string): string => {
    if (monitor.serviceNames.includes(service)) return service;
    throw new HttpProblem(404, `no service ${service}; known: ${monitor.serviceNames.join(', ')}`);
  };
  const asked = (given: string | string[] | undefined): readonly string[] => {
    const names = [given ?? []]
      .flat()
      .flatMap((text) => text.split(','))
      .filter((name) => name !== '');
    return names.length === 0 ? monitor.serviceNames : [...new Set(names)].map(known);
  };

  const app = createRoutes();
  app.openapi(healthRoute, (c) => {
    const { service, since } = c.req.valid('query');
    const at = now();
    const sinceMs = since === undefined ? null : Date.parse(since);
    const health = asked(service).map((name) => monitor.health(name, at, sinceMs));
    return c.json(
      {
        status: worstStatus(health),
        at: new Date(at).toISOString(),
        sloStatuses: health.flatMap(({ slos }) => slos),
        services: health,
      },
      200,
    );
  });
  app.openapi(alertsRoute, (c) => {
    const names = asked(c.req.valid('query').service);
    return c.json(
      {
        active: monitor
          .alerts()
          .map(toActiveAlert)
          .filter((alert) => names.includes(alert.service)),
        configuration: monitor.configuration,
        rules: monitor.rules().filter((rule) => names.includes(rule.service)),
      },
      200,
    );
  });
  app.openapi(seriesRoute, (c) => {
    const { service, from, to } = c.req.valid('query');
    const series = monitor.series(
      known(service),
      from === undefined ? 0 : Date.parse(from),
      to === undefined ? now() : Date.parse(to),
    );
    return c.json({ series }, 200);
  });
  app.openapi(signalsRoute, (c) => {
    const { service, since, limit, ...filter } = c.req.valid('query');
    const at = now();
    const names = asked(service);
    const logs = names.map((name) => monitor.signals(name));
    const sinceMs = since === undefined ? undefined : Date.parse(since);
    return c.json(
      {
        at: new Date(at).toISOString(),
        signals: newestSignals(logs, { ...filter, since: sinceMs }, limit),
        findings: names.flatMap((name) => [
          ...standingFindings(name, monitor.store(name), monitor.backlog(name), at),
          ...readFindings(name, monitor.store(name), at),
        ]),
        unanswered: logs.flatMap((log) => log.unanswered()),
        missed: logs.reduce((sum, log) => sum + log.missed, 0),
      },
      200,
    );
  });
  addScrapeRoute(app, {
    path: '/monitoring/metrics',
    summary: 'Counters, histograms, objectives and alerts of all services, for Prometheus',
    registry,
  });
  return app;
}
