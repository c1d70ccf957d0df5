import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';

const read = (file: string): string => readFileSync(file, 'utf8');
/** Markdown indents what it quotes in its own way. */
const lines = (text: string): string[] =>
  text
    .trim()
    .split('\n')
    .map((line) => line.trim());

const pages = [
  'README.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => path.join('docs', file)),
];

test.each(pages)('every link of %s leads to a file and a heading that are there', (page) => {
  const text = read(page).replace(/```[^]*?```/g, '');
  for (const [, target, anchor] of text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)) {
    const file = target === '' ? page : path.join(path.dirname(page), target!);
    expect([page, file, existsSync(file)]).toEqual([page, file, true]);
    if (anchor === undefined) continue;
    const headings = [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
      heading!
        .toLowerCase()
        .replace(/[^\w\s-]/g, '')
        .replace(/\s/g, '-'),
    );
    expect(headings).toContain(anchor);
  }
});

const examples = [
  ...read('docs/writing-a-runbook.md').matchAll(/^`([\w./-]+\.ts)`:\n\n```ts\n([^]*?)```/gm),
].map(([, file, code]) => [file!, code!] as const);

test.each(examples)('the example from %s is what stands there', (file, code) => {
  expect(lines(read(file)).join('\n')).toContain(lines(code).join('\n'));
});

test('there are examples', () => {
  expect(examples).toHaveLength(3);
});
