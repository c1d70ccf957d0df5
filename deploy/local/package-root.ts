import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the product's package.json: the same from the TypeScript sources and from `dist`. */
export const packageRoot: string = findRoot(path.dirname(fileURLToPath(import.meta.url)));

function findRoot(folder: string): string {
  if (existsSync(path.join(folder, 'package.json'))) return folder;
  const parent = path.dirname(folder);
  if (parent === folder) throw new Error('could not find the package.json of durable-runbooks');
  return findRoot(parent);
}

/** Path of a compiled program, which child processes run. @throws Error when it was not built yet. */
export function compiled(relativePath: string): string {
  const file = path.join(packageRoot, 'dist', relativePath);
  if (!existsSync(file)) {
    throw new Error(`could not find program ${file}: it is not built. Run "npm run build" first`);
  }
  return file;
}
