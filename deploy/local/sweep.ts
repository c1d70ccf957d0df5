import { readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, signalGroup, type ProcessIdentity } from './process-identity.js';

/** Kills what a stack that died without tearing down left running, by the list its guard kept.
 *  Processes that merely got the same pid later are left alone. @returns how many were killed. */
export async function sweepDeadStack(recordFile: string): Promise<number> {
  const left = (await readRecord(recordFile)).filter((identity) =>
    signalGroup(identity, 'SIGKILL'),
  );
  const deadline = Date.now() + 5_000;
  while (left.some(isAlive)) {
    if (Date.now() > deadline) {
      const pids = left.filter(isAlive).map(({ pid }) => pid);
      throw new Error(
        `could not end process ${pids.join(', ')} of an earlier stack: still there 5 s after SIGKILL. End it by hand and try again`,
      );
    }
    await sleep(20);
  }
  await rm(recordFile, { force: true });
  return left.length;
}

async function readRecord(recordFile: string): Promise<ProcessIdentity[]> {
  try {
    return JSON.parse(await readFile(recordFile, 'utf8')) as ProcessIdentity[];
  } catch {
    return []; // never written, or cut off by the crash: written atomically, so the former
  }
}
