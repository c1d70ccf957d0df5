import { METHODS } from 'node:http';
import type { Hono, NotFoundHandler } from 'hono';
import { METHOD_NAME_ALL } from 'hono/router';
import { problemResponse } from './problem.js';

/**
 * For `app.notFound`: 405 with `Allow` when the path is known under other methods, 404 otherwise. It looks for them only
 * then, so that a request that finds its route pays nothing.
 */
export function answerUnrouted(app: Pick<Hono, 'router'>): NotFoundHandler {
  return (c) => {
    const { method, path } = c.req;
    const allowed = methodsOf(app, path).join(', ');
    return allowed === ''
      ? problemResponse(c, 404, `no route ${method} ${path}`)
      : problemResponse(c, 405, `${path} takes ${allowed}`, { headers: { allow: allowed } });
  };
}

function methodsOf(app: Pick<Hono, 'router'>, path: string): string[] {
  const routed = METHODS.filter((method) =>
    app.router.match(method, path)[0].some(([[, route]]) => route.method !== METHOD_NAME_ALL),
  );
  return routed.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
}
