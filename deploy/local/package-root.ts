import { existsSync } from 'node:fs';
import path from 'node:path';
import { packageFolder } from '../../services/shared/storage/package-folder.js';

/** Folder of the product's package.json: the same from the TypeScript sources and from `dist`. */
export const packageRoot: string = packageFolder('.');

/** Path of a compiled program, which child processes run. @throws Error when it was not built yet. */
export function compiled(relativePath: string): string {
  const file = path.join(packageRoot, 'dist', relativePath);
  if (!existsSync(file)) {
    throw new Error(`could not find program ${file}: it is not built. Run "npm run build" first`);
  }
  return file;
}
