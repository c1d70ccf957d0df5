import { expect, test } from '@jest/globals';
import { createRoute, z } from '@hono/zod-openapi';
import { admitRequests } from '../../../../../services/shared/flags/admit-requests.js';
import { answerUnrouted } from '../../../../../services/shared/http/answer-unrouted.js';
import { createRoutes } from '../../../../../services/shared/http/create-api.js';
import { jsonContent } from '../../../../../services/shared/http/request-schemas.js';

const answer = z.object({ done: z.boolean() });
const write = createRoute({
  method: 'post',
  path: '/things',
  responses: { 200: jsonContent(answer, 'Done') },
});

function readOnlyService() {
  const routes = createRoutes();
  routes.openapi(write, (c) => c.json({ done: true }, 200));
  const until = Date.now() + 60_000;
  const modes = {
    read: () => ({
      switches: {
        mode: { value: 'read-only' as const, until },
        shed: { value: 'none' as const, until: null },
      },
      isolations: new Map(),
    }),
  };
  const app = createRoutes();
  app.notFound(answerUnrouted(app));
  app.use(admitRequests({ modes, routes, obeys: [] }));
  app.route('/', routes);
  return app;
}

test.each([
  ['POST', '/things', 503],
  ['QUERY', '/things', 405],
  ['DELETE', '/things', 405],
  ['POST', '/nothing', 404],
])('a read-only service answers %s %s with %d', async (method, path, status) => {
  const response = await readOnlyService().request(path, { method });
  expect(response.status).toBe(status);
});
