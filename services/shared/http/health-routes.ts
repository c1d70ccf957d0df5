import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';
import type { MetricsRegistry } from '../telemetry/metrics-registry.js';
import { problemResponse } from './problem.js';
import { jsonContent, problemContent } from './request-schemas.js';
import { addScrapeRoute } from './scrape-route.js';

/** Whether this process wants traffic. `serve` turns it off when it begins to drain. */
export class Readiness {
  #reason: string | null = 'starting';

  /** Null when ready, otherwise why not. */
  get reason(): string | null {
    return this.#reason;
  }

  ready(): void {
    this.#reason = null;
  }

  notReady(reason: string): void {
    this.#reason = reason;
  }
}

export interface HealthOptions {
  readonly readiness: Readiness;
  readonly registry: MetricsRegistry;
  /** The release this process runs, shown in `/healthz`. */
  readonly release: string;
  /** What else `/healthz` tells. */
  readonly describe?: (() => object) | undefined;
  /**
   * What else keeps the process from being ready. By default nothing: when a database that all pods share is gone, taking
   * every pod out of service cures nothing.
   */
  readonly findFaults?: (() => Promise<readonly string[]>) | undefined;
}

const healthRoute = createRoute({
  method: 'get',
  path: '/healthz',
  summary: 'Whether the process answers, and what it runs',
  responses: {
    200: jsonContent(z.looseObject({ status: z.literal('ok'), release: z.string() }), 'It does'),
  },
});

const readyRoute = createRoute({
  method: 'get',
  path: '/readyz',
  summary: 'Whether the process wants traffic',
  responses: {
    200: jsonContent(z.object({ status: z.literal('ready'), release: z.string() }), 'It does'),
    503: problemContent('It does not; `detail` says why'),
  },
});

/** `/healthz`, `/readyz` and `/metrics`. */
export function healthRoutes(options: HealthOptions): OpenAPIHono {
  const { readiness, registry, release, describe, findFaults } = options;
  const routes = new OpenAPIHono();
  for (const route of [healthRoute, readyRoute]) routes.openAPIRegistry.registerPath(route);
  routes.get(healthRoute.path, (c) => c.json({ status: 'ok', release, ...describe?.() }));
  routes.get(readyRoute.path, async (c) => {
    const { reason } = readiness;
    const faults = [...(reason === null ? [] : [reason]), ...((await findFaults?.()) ?? [])];
    return faults.length === 0
      ? c.json({ status: 'ready', release })
      : problemResponse(c, 503, faults.join('; '), { headers: { 'retry-after': '1' } });
  });
  const summary = 'Metrics of this process, for Prometheus';
  addScrapeRoute(routes, { path: '/metrics', summary, registry });
  return routes;
}
