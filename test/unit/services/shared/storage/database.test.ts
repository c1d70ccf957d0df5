import { expect, test } from '@jest/globals';
import { openDatabase, pingDatabase } from '../../../../../services/shared/storage/database.js';
import { isUnavailable } from '../../../../../services/shared/storage/is-unavailable.js';

// Nobody listens there.
const url = 'postgres://127.0.0.1:1/none';
const options = { schema: 'none', name: 'test' };

test('queries fail at once while the server is out of reach, however often one asks', async () => {
  const database = openDatabase(url, { ...options, max: 1 });
  const startedAt = performance.now();
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const error: unknown = await database`select 1`.catch((reason: unknown) => reason);
    expect(isUnavailable(error)).toBe(true);
  }
  await database.end({ timeout: 1 });

  expect(performance.now() - startedAt).toBeLessThan(1_000);
});

test('a ping fails with what the socket says', async () => {
  await expect(pingDatabase(url, options)).rejects.toThrow('ECONNREFUSED');
});
