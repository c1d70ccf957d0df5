import { describe, expect, test } from '@jest/globals';
import { Hono } from 'hono';
import { parseTokens, requireBearer } from '../../../../../services/shared/auth/bearer.js';

async function ask(authorization?: string): Promise<Response> {
  const app = new Hono();
  app.use(requireBearer(['current', 'previous']));
  app.get('/', (c) => c.text('in'));
  return app.request('/', authorization === undefined ? {} : { headers: { authorization } });
}

describe('a guarded route', () => {
  test.each(['Bearer current', 'bearer previous'])('lets %s in', async (authorization) => {
    expect((await ask(authorization)).status).toBe(200);
  });

  test.each(['Bearer currentx', 'Bearer curren', 'Bearer other', 'Bearer current previous'])(
    'refuses %s',
    async (authorization) => {
      expect((await ask(authorization)).status).toBe(401);
    },
  );

  test('asks for a token when none is sent', async () => {
    const response = await ask();

    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(response.headers.get('content-type')).toBe('application/problem+json');
  });

  test('says when the token is wrong', async () => {
    const response = await ask('Bearer wrong');

    expect(response.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    expect(await response.text()).not.toContain('wrong');
  });

  test('cannot be built without a token', () => {
    expect(() => requireBearer([])).toThrow('could not guard routes: no token is accepted');
  });
});

test('a list of tokens is split at commas, blanks ignored', () => {
  expect(parseTokens(' new, old ,')).toEqual(['new', 'old']);
  expect(parseTokens(undefined)).toEqual([]);
});
