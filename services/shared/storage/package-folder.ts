import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Absolute path of a folder of the package, given from its root (`services/incident-api/migrations`). The compiler
 * copies only code, so files that are not code stay where they are: beside `dist`, not in it.
 */
export function packageFolder(path: string): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('could not find folder of the package: no package.json');
    folder = parent;
  }
  return join(folder, path);
}
