import { expect, test } from '@jest/globals';
import { createRoute, z } from '@hono/zod-openapi';
import { createRoutes } from '../../../../../services/shared/http/create-api.js';
import { bearer, describeApi } from '../../../../../services/shared/http/openapi-document.js';
import {
  jsonBody,
  jsonContent,
  problemContent,
} from '../../../../../services/shared/http/request-schemas.js';

const answer = jsonContent(z.object({ id: z.string() }), 'Done');

function statusesOf(route: Partial<Parameters<typeof createRoute>[0]>, hasModes = false): string[] {
  const routes = createRoutes();
  routes.openAPIRegistry.registerPath(
    createRoute({ method: 'get', path: '/it', responses: { 200: answer }, ...route }),
  );
  const document = describeApi(routes, { title: 'test', version: '1', hasModes });
  const { get, post } = document.paths?.['/it'] ?? {};
  return Object.keys((get ?? post)?.responses as object);
}

test('a route that only reads says nothing but what it declares', () => {
  expect(statusesOf({})).toEqual(['200']);
  expect(statusesOf({}, true)).toEqual(['200']);
});

test('a route with a body says how bodies are refused', () => {
  const request = { body: jsonBody(z.object({})) };

  expect(statusesOf({ method: 'post', request })).toEqual(['200', '400', '413', '415']);
});

test('a route that asks for a token says what it answers without', () => {
  expect(statusesOf({ security: bearer })).toEqual(['200', '401']);
});

test('where modes are obeyed, writes and what is not critical may be refused', () => {
  expect(statusesOf({ method: 'post' }, true)).toEqual(['200', '503']);
  expect(statusesOf({ 'x-non-critical': true }, true)).toEqual(['200', '503']);
});

test('a problem comes with the id of the request, and what the route says of it stands', () => {
  const routes = createRoutes();
  routes.openAPIRegistry.registerPath(
    createRoute({
      method: 'get',
      path: '/it',
      security: bearer,
      responses: { 200: answer, 401: problemContent('Only for friends') },
    }),
  );
  const document = describeApi(routes, { title: 'test', version: '1' });

  expect(document.paths?.['/it']?.get?.responses).toMatchObject({
    401: {
      description: 'Only for friends',
      headers: {
        'x-request-id': { $ref: '#/components/headers/x-request-id' },
        'www-authenticate': { $ref: '#/components/headers/www-authenticate' },
      },
    },
  });
  expect(document.components?.securitySchemes).toHaveProperty('bearer');
});
