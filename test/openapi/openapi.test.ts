import { readFile, readdir } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { readDocuments } from './documents.js';
import { documentsFolder } from './documents-folder.js';

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Operation {
  readonly summary?: string;
  readonly responses: Readonly<Record<string, { readonly content?: object }>>;
}

const documents = await readDocuments();

test('there is a document for every API and for nothing else', async () => {
  const files = await readdir(documentsFolder);

  expect(files.sort()).toEqual([...documents.keys()].map((name) => `${name}.json`).sort());
});

describe.each([...documents])('the document of %s', (name, text) => {
  const operations = Object.entries((JSON.parse(text) as Document).paths).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        name: `${method} ${path}`,
        operation,
      })),
  );

  test('is in docs/openapi as the API serves it: otherwise run `npm run openapi`', async () => {
    expect(await readFile(new URL(`${name}.json`, documentsFolder), 'utf8')).toBe(text);
  });

  test('is valid OpenAPI 3.1, and all its references lead somewhere', async () => {
    const validator = new Validator();

    expect(await validator.validate(JSON.parse(text) as Record<string, unknown>)).toEqual({
      valid: true,
    });
    expect(validator.version).toBe('3.1');
    expect(() => validator.resolveRefs()).not.toThrow();
  });

  test('says in a sentence what each operation is for', () => {
    expect(
      operations.filter(({ operation }) => !operation.summary).map((each) => each.name),
    ).toEqual([]);
  });

  test('has a problem for every answer that is none', () => {
    const others = operations.flatMap(({ name, operation }) =>
      Object.entries(operation.responses)
        .filter(([status]) => Number(status) >= 400)
        .filter(
          ([, { content = {} }]) => Object.keys(content).join() !== 'application/problem+json',
        )
        .map(([status]) => `${name} ${status}`),
    );

    expect(others).toEqual([]);
  });
});
