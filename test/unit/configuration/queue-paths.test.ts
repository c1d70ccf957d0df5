import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { loadConfiguration } from '../../../configuration/load-configuration.js';

const { services } = loadConfiguration(['configuration']);
const withQueue = Object.values(services).flatMap(({ deployment, queue }) =>
  queue === undefined ? [] : [{ program: deployment.name, queue }],
);

test('some service has a queue', () => {
  expect(withQueue).not.toEqual([]);
});

test.each(withQueue)('$program serves its queue where services.yml says', ({ program, queue }) => {
  const { paths } = JSON.parse(readFileSync(`docs/openapi/${program}.json`, 'utf8')) as {
    paths: Record<string, Record<string, unknown>>;
  };

  expect(paths[queue.status]).toHaveProperty('get');
  expect(paths[queue.retry]).toHaveProperty('post');
  expect(paths[queue.retries]).toHaveProperty('get');
});
