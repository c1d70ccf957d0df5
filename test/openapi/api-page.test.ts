import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { readDocuments } from './documents.js';

const page = await readFile(new URL('../../docs/api.md', import.meta.url), 'utf8');
const [everyProgram = '', ...programs] = page.split(/^### /m).slice(1);
const routesIn = (section: string): string[] =>
  [...section.matchAll(/^\| `([A-Z]+)` +\| `(\/\S+)`/gm)].map(
    ([, method, path]) => `${method} ${path}`,
  );

test.each([...(await readDocuments())])(
  'docs/api.md names the routes of %s, each once, and no other',
  (name, document) => {
    const section = programs.find((text) => text.startsWith(`${name}\n`)) ?? '';
    const { paths } = JSON.parse(document) as { paths: Record<string, object> };
    const served = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );

    expect([...routesIn(everyProgram), ...routesIn(section)].sort()).toEqual(served.sort());
  },
);
