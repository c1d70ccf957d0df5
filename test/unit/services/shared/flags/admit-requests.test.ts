import { expect, test } from '@jest/globals';
import { createRoute, z } from '@hono/zod-openapi';
import type { IsolationMode } from '../../../../../configuration/isolation.schema.js';
import { admitRequests } from '../../../../../services/shared/flags/admit-requests.js';
import { usualSwitches } from '../../../../../services/shared/flags/switches.js';
import { answerUnrouted } from '../../../../../services/shared/http/answer-unrouted.js';
import { createRoutes } from '../../../../../services/shared/http/create-api.js';
import { jsonContent, tenantHeaders } from '../../../../../services/shared/http/request-schemas.js';

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

const ofHeader = createRoute({
  method: 'post',
  path: '/of-header',
  request: { headers: tenantHeaders },
  responses: { 200: jsonContent(answer, 'Done') },
});

/** Tenant acme is isolated. `/of-header` acts on the tenant of the header, `/things` on that of the body. */
function isolatingService(mode: IsolationMode = 'read-only') {
  const routes = createRoutes();
  for (const route of [write, ofHeader]) routes.openapi(route, (c) => c.json({ done: true }, 200));
  const until = Date.now() + 60_000;
  const place = { tenantId: 'acme', warehouseId: null };
  const isolation = { ...place, mode, until, rerouteTo: null };
  const read = () => ({ switches: usualSwitches, isolations: new Map([['acme', isolation]]) });
  const app = createRoutes();
  app.use(admitRequests({ modes: { read }, routes, obeys: ['read-only', 'block-outbound'] }));
  app.route('/', routes);
  return app;
}

test.each([
  { path: '/of-header', header: 'acme', body: 'globex', status: 503 },
  { path: '/of-header', header: 'globex', body: 'acme', status: 200 },
  { path: '/things', header: 'acme', body: 'globex', status: 200 },
  { path: '/things', header: 'globex', body: 'acme', status: 503 },
])(
  'isolates by the tenant the route acts on: $path of header $header and body $body gets $status',
  async ({ path, header, body, status }) => {
    const response = await isolatingService().request(path, {
      method: 'POST',
      headers: { 'x-tenant-id': header },
      body: JSON.stringify({ tenantId: body }),
    });
    expect(response.status).toBe(status);
  },
);

test.each([
  ['read-only', 'tenant acme is isolated: its writes are refused until'],
  ['block-outbound', 'tenant acme is isolated: its writes to this service alone are refused until'],
] as const)('says of %s what it refuses', async (mode, sentence) => {
  const response = await isolatingService(mode).request('/of-header', {
    method: 'POST',
    headers: { 'x-tenant-id': 'acme' },
  });
  const { detail } = (await response.json()) as { detail: string };
  expect(detail).toMatch(sentence);
});
