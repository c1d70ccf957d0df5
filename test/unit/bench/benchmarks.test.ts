import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { benchmarks } from '../../../bench/benchmarks.js';

test('the documentation lists every benchmark with its target', async () => {
  const documentation = await readFile('docs/benchmarks.md', 'utf8');
  const rows = documentation.matchAll(/^\| `([^`]*)` .* \| at (most|least) ([\d.]+)/gm);

  expect([...rows].map(([, id, bound, target]) => `${id} at ${bound} ${target}`)).toEqual(
    benchmarks.map(
      ({ id, better, target }) => `${id} at ${better === 'lower' ? 'most' : 'least'} ${target}`,
    ),
  );
});
