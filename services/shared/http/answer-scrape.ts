import type { Context } from 'hono';
import type { MetricsRegistry } from '../telemetry/metrics-registry.js';

/** Answers with everything a registry holds, page by page: one text of many series would hold up the event loop. */
export async function answerScrape(c: Context, registry: MetricsRegistry): Promise<Response> {
  const pages = await registry.pages();
  return c.body(ReadableStream.from(pages), 200, {
    'content-type': registry.contentType,
    'content-length': String(pages.reduce((sum, { length }) => sum + length, 0)),
  });
}
