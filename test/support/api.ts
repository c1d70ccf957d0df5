import type { OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { createApi } from '../../services/shared/http/create-api.js';
import { Readiness } from '../../services/shared/http/health-routes.js';
import { createLogger } from '../../services/shared/telemetry/logger.js';
import { MetricsRegistry } from '../../services/shared/telemetry/metrics-registry.js';

export const silent = createLogger({ name: 'test', level: 'silent' });

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON. */
  readonly body: Record<string, unknown>;
}

export interface ApiUnderTest {
  get(path: string, headers?: Record<string, string>): Promise<Answered>;
  post(path: string, content: unknown, headers?: Record<string, string>): Promise<Answered>;
}

/** Routes as they are served, asked as tenant acme. */
export function createApiUnderTest(
  routes: OpenAPIHono,
  admission?: MiddlewareHandler,
): ApiUnderTest {
  const api = createApi({
    title: 'test',
    release: 'test',
    readiness: new Readiness(),
    registry: new MetricsRegistry(),
    logger: silent,
    faults: null,
    ...(admission && { admission }),
    routes,
  });
  const tenant = { 'x-tenant-id': 'acme' };
  const ask = async (path: string, init: RequestInit): Promise<Answered> => {
    const response = await api.request(path, init);
    const text = await response.text();
    const body = JSON.parse(text) as Record<string, unknown>;
    return { status: response.status, headers: response.headers, text, body };
  };
  return {
    get: (path, headers) => ask(path, { headers: { ...tenant, ...headers } }),
    post: (path, content, headers) =>
      ask(path, {
        method: 'POST',
        headers: { ...tenant, 'content-type': 'application/json', ...headers },
        body: JSON.stringify(content),
      }),
  };
}
