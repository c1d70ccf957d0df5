import { expect, test } from '@jest/globals';
import { Hono } from 'hono';
import type { RoleTokens } from '../../../../../services/shared/auth/roles.js';
import { requireRole, roleOf } from '../../../../../services/shared/auth/roles.js';

async function ask(tokens: RoleTokens, token?: string): Promise<Response> {
  const app = new Hono();
  app.use(requireRole(tokens));
  app.get('/', (c) => c.text(roleOf(c)));
  return app.request(
    '/',
    token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
  );
}

const tokens = { service: ['service-new', 'service-old'], sre: ['sre-new', 'sre-old'] };

test.each([
  ['service-new', 'service'],
  ['service-old', 'service'],
  ['sre-old', 'sre'],
])('token %s is known as role %s', async (token, role) => {
  const response = await ask(tokens, token);
  expect([response.status, await response.text()]).toEqual([200, role]);
});

test.each([undefined, 'other', 'sre'])('token %s is refused', async (token) => {
  expect((await ask(tokens, token)).status).toBe(401);
});

test('a role without a token is nobody, the other one still counts', async () => {
  expect((await ask({ service: [], sre: ['a'] }, 'a')).status).toBe(200);
  expect((await ask({ service: [], sre: ['a'] }, '')).status).toBe(401);
});

test('without any token the door stays shut, and says why', async () => {
  const response = await ask({ service: [], sre: [] }, 'anything');
  expect(response.status).toBe(403);
  expect(await response.json()).toMatchObject({
    detail: 'nobody may ask this: neither SERVICE_TOKEN nor SRE_TOKEN is set',
  });
});

test('one token for two roles is refused at the start', async () => {
  await expect(ask({ service: ['a', 'b'], sre: ['b'] })).rejects.toThrow('share a token');
});

test('the role of a request that no guard let in is an error, not a guess', async () => {
  const app = new Hono();
  app.get('/', (c) => c.text(roleOf(c)));
  app.onError((error, c) => c.text(error.message, 500));
  expect(await (await app.request('/')).text()).toContain('the route is not guarded');
});
