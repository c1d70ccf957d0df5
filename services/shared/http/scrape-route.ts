import type { OpenAPIHono } from '@hono/zod-openapi';
import { createRoute, z } from '@hono/zod-openapi';
import type { MetricsRegistry } from '../telemetry/metrics-registry.js';

/** Answers `path` with everything a registry holds, page by page: one text of many series would hold up the event loop. */
export function addScrapeRoute(
  routes: OpenAPIHono,
  { path, summary, registry }: { path: string; summary: string; registry: MetricsRegistry },
): void {
  const content = { 'text/plain': { schema: z.string() } };
  const route = createRoute({
    method: 'get',
    path,
    summary,
    responses: { 200: { description: 'Prometheus text', content } },
  });
  routes.openAPIRegistry.registerPath(route);
  routes.get(path, async (c) => {
    const pages = await registry.pages();
    return c.body(ReadableStream.from(pages), 200, {
      'content-type': registry.contentType,
      'content-length': String(pages.reduce((sum, { length }) => sum + length, 0)),
    });
  });
}
