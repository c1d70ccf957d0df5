import { watch, type FSWatcher } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';

/** The files of a mounted ConfigMap: name → content. */
export type FlagFiles = ReadonlyMap<string, string>;

export interface FlagFolderOptions {
  readonly folder: string;
  /** Called with the first content, then with each other one. */
  readonly onFiles: (files: FlagFiles) => void;
  /** The folder cannot be read at present; what was read before still holds. Called once per cause. */
  readonly onUnreadable: (error: Error) => void;
  /** How long a change may go unnoticed when the file system tells nothing. */
  readonly pollMs?: number;
}

/**
 * Follows a folder that a ConfigMap is mounted on, by file-system events and, since those get lost on some file
 * systems, by looking again. Resolves when it has been read once, readable or not.
 */
export async function watchFlagFolder(options: FlagFolderOptions): Promise<{ stop(): void }> {
  const { folder, onFiles, onUnreadable, pollMs = 500 } = options;
  let known: string | null = null;
  let complaint: string | null = null;
  let isReading = false;
  let isStale = false;
  let isStopped = false;

  async function look(): Promise<void> {
    isStale = true;
    if (isReading) return;
    isReading = true;
    while (takeStale()) await readOnce();
    isReading = false;
  }
  function takeStale(): boolean {
    const wasStale = isStale && !isStopped;
    isStale = false;
    return wasStale;
  }
  async function readOnce(): Promise<void> {
    try {
      const files = await readFlagFolder(folder);
      complaint = null;
      const content = JSON.stringify([...files]);
      if (content === known) return;
      known = content;
      onFiles(files);
    } catch (error) {
      const { message } = error as Error;
      if (message === complaint) return;
      complaint = message;
      onUnreadable(error as Error);
    }
  }

  const watcher = watchFolder(folder, () => void look());
  const polling = setInterval(() => void look(), pollMs);
  await look();
  return {
    stop() {
      isStopped = true;
      watcher?.close();
      clearInterval(polling);
    },
  };
}

/** Null where there is nothing to watch (yet): then looking again has to do. */
function watchFolder(folder: string, onEvent: () => void): FSWatcher | null {
  try {
    const watcher = watch(folder, { persistent: false }, onEvent);
    watcher.on('error', () => {
      watcher.close();
    });
    return watcher;
  } catch {
    return null;
  }
}

/** All files at one instant. A kubelet swaps the link `..data`, so its target is read, not the names that lead
 *  through it: otherwise a swap between two files would mix two versions. */
async function readFlagFolder(folder: string): Promise<FlagFiles> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await readFiles(path.join(folder, await versionOf(folder)));
    } catch (error) {
      // The version was replaced while it was read.
      if (!isMissing(error) || attempt === 5) throw error;
    }
  }
}

async function versionOf(folder: string): Promise<string> {
  try {
    return await readlink(path.join(folder, '..data'));
  } catch (error) {
    if (isMissing(error)) return '.'; // an ordinary folder
    throw error;
  }
}

async function readFiles(folder: string): Promise<FlagFiles> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('..'))
    .map(({ name }) => name)
    .sort();
  return new Map(
    await Promise.all(
      names.map(async (name) => [name, await readFile(path.join(folder, name), 'utf8')] as const),
    ),
  );
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
