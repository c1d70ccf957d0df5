import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { ConfigMap } from '../kubernetes-json.js';

interface Item {
  readonly key: string;
  readonly path: string;
}

/** The files of a ConfigMap volume by path: one per key, or those that `items` picks. Missing keys are left out. */
export function filesOf(
  configMap: ConfigMap | undefined,
  items?: readonly Item[],
): ReadonlyMap<string, Buffer> {
  const contents = new Map([
    ...Object.entries(configMap?.data ?? {}).map(
      ([key, text]) => [key, Buffer.from(text)] as const,
    ),
    ...Object.entries(configMap?.binaryData ?? {}).map(
      ([key, base64]) => [key, Buffer.from(base64, 'base64')] as const,
    ),
  ]);
  if (items === undefined) return contents;
  return new Map(
    items.flatMap(({ key, path: file }) => {
      const content = contents.get(key);
      return content === undefined ? [] : [[file, content] as const];
    }),
  );
}

/** Fills a volume the way a kubelet does: a new folder, then one atomic rename of the link `..data`. Readers see the
 *  old files or the new ones, never a mixture; the visible names are links through `..data`. */
export function writeVolume(folder: string, files: ReadonlyMap<string, Buffer>): void {
  const dataLink = path.join(folder, '..data');
  const before = existsSync(dataLink) ? readlinkSync(dataLink) : null;
  const next = mkdtempSync(`${folder}${path.sep}..`);
  for (const [file, content] of files) {
    mkdirSync(path.dirname(path.join(next, file)), { recursive: true });
    writeFileSync(path.join(next, file), content);
  }
  rmSync(`${dataLink}_tmp`, { force: true });
  symlinkSync(path.basename(next), `${dataLink}_tmp`);
  renameSync(`${dataLink}_tmp`, dataLink);
  linkVisibleNames(folder, files);
  if (before !== null) rmSync(path.join(folder, before), { recursive: true, force: true });
}

function linkVisibleNames(folder: string, files: ReadonlyMap<string, Buffer>): void {
  const names = new Set([...files.keys()].map((file) => file.split('/', 1)[0] ?? file));
  for (const name of readdirSync(folder)) {
    if (!name.startsWith('..') && !names.has(name))
      rmSync(path.join(folder, name), { force: true });
  }
  for (const name of names) {
    const link = path.join(folder, name);
    if (lstatSync(link, { throwIfNoEntry: false }) === undefined) {
      symlinkSync(path.join('..data', name), link);
    }
  }
}
