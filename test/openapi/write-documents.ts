import { writeFile } from 'node:fs/promises';
import { test } from '@jest/globals';
import { readDocuments } from './documents.js';
import { documentsFolder } from './documents-folder.js';

// Not a test: `npm run openapi` runs this to write docs/openapi anew after a contract has changed.
test('writes the documents', async () => {
  for (const [name, text] of await readDocuments()) {
    await writeFile(new URL(`${name}.json`, documentsFolder), text);
  }
});
