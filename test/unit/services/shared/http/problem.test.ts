import { describe, expect, test } from '@jest/globals';
import { z } from '@hono/zod-openapi';
import { createRoute } from '@hono/zod-openapi';
import { Hono } from 'hono';
import { answerUnrouted } from '../../../../../services/shared/http/answer-unrouted.js';
import { createRoutes } from '../../../../../services/shared/http/create-api.js';
import { HttpProblem, answerErrors } from '../../../../../services/shared/http/problem.js';
import { createLogger } from '../../../../../services/shared/telemetry/logger.js';

function appThat(fails: () => never): { app: Hono; lines: string[] } {
  const lines: string[] = [];
  const logger = createLogger({
    name: 'test',
    level: 'info',
    destination: { write: (line) => lines.push(line) },
  });
  const app = new Hono();
  app.onError(answerErrors(logger));
  app.notFound(answerUnrouted(app));
  app.get('/fails', () => fails());
  return { app, lines };
}

describe('a problem', () => {
  test('is application/problem+json with type, title, status, detail, instance and request id', async () => {
    const { app } = appThat(() => {
      throw new HttpProblem(409, 'only 2 are left', { extensions: { left: 2 } });
    });

    const response = await app.request('/fails?x=1', { headers: { 'x-request-id': 'req-1' } });

    expect(response.status).toBe(409);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('x-request-id')).toBe('req-1');
    expect(await response.json()).toEqual({
      type: 'about:blank',
      title: 'Conflict',
      status: 409,
      detail: 'only 2 are left',
      instance: '/fails',
      requestId: 'req-1',
      left: 2,
    });
  });

  test('makes up a request id when the given one could not be logged safely', async () => {
    const { app } = appThat(() => {
      throw new HttpProblem(400, 'no');
    });

    const response = await app.request('/fails', { headers: { 'x-request-id': 'a b"c' } });

    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('of an unexpected error tells the caller nothing but the id, and the log everything', async () => {
    const { app, lines } = appThat(() => {
      throw new Error('the password is hunter2');
    });

    const response = await app.request('/fails', { headers: { 'x-request-id': 'req-2' } });

    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('hunter2');
    expect(JSON.parse(lines[0]!)).toMatchObject({
      level: 'error',
      requestId: 'req-2',
      err: { message: 'the password is hunter2' },
    });
  });

  test('answers an unknown route with 404', async () => {
    const { app } = appThat(() => {
      throw new Error('unused');
    });

    const response = await app.request('/nowhere');

    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ detail: 'no route GET /nowhere' });
  });

  test('of a request that does not fit its schema names every fault', async () => {
    const app = createRoutes();
    const route = createRoute({
      method: 'get',
      path: '/page',
      request: { query: z.object({ limit: z.coerce.number(), from: z.string() }) },
      responses: { 200: { description: 'ok' } },
    });
    app.openapi(route, (c) => c.text('ok'));

    const response = await app.request('/page?limit=many');

    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      status: 422,
      errors: [
        { in: 'query', path: 'limit' },
        { in: 'query', path: 'from' },
      ],
    });
  });
});
