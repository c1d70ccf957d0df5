import {
  copyFileSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import path from 'node:path';

const maximumBytes = 5 * 1024 * 1024;
/** Logs of pods that are gone stay for a look afterwards, as long as they are among this many. */
const maximumPods = 40;

/** Opens the log of a container's next run for appending; that of the run before becomes `<name>.previous.log`.
 *  @returns a file descriptor. */
export function openLog(file: string): number {
  mkdirSync(path.dirname(file), { recursive: true });
  try {
    renameSync(file, previousOf(file));
  } catch {
    // The first run.
  }
  return openSync(file, 'a', 0o600);
}

/** Cuts a log that grew too large: what there was becomes the previous log. The container writes to the file itself
 *  and appends, so the file is copied and emptied rather than renamed. */
export function boundLog(file: string): void {
  try {
    if (statSync(file).size <= maximumBytes) return;
    copyFileSync(file, previousOf(file));
    truncateSync(file);
  } catch {
    // Not opened yet.
  }
}

/** Removes the log folders of the pods that are longest gone. */
export function pruneLogs(folder: string): void {
  const byAge = readdirSync(folder)
    .map((name) => path.join(folder, name))
    .map((podFolder) => ({ podFolder, changedAt: statSync(podFolder).mtimeMs }))
    .sort((a, b) => b.changedAt - a.changedAt);
  for (const { podFolder } of byAge.slice(maximumPods)) {
    rmSync(podFolder, { recursive: true, force: true });
  }
}

function previousOf(file: string): string {
  return file.replace(/\.log$/, '.previous.log');
}
