import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { lock } from 'proper-lockfile';
import { stateFolderOf } from './state-folder.js';

/** The right to a stack name, against others who want to start and end stacks of that name. */
export interface NameClaim {
  readonly name: string;
  release(): Promise<void>;
}

const mostNames = 20;
/** A claimant that was killed is forgotten after this long. */
const staleMs = 15_000;

/** Claims `base`, or the first of `base-2`, `base-3`… that nobody claims. @throws Error when all are claimed. */
export async function claimName(base: string): Promise<NameClaim> {
  for (let number = 1; number <= mostNames; number += 1) {
    const name = number === 1 ? base : `${base}-${number}`;
    const folder = stateFolderOf(name);
    await mkdir(path.dirname(folder), { recursive: true });
    try {
      const release = await lock(`${folder}.claim`, {
        realpath: false, // the lock is all there is
        stale: staleMs,
        // We slept through it: whoever took over then works beside us, which beats ending in the middle.
        onCompromised: () => undefined,
      });
      return { name, release };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error;
    }
  }
  throw new Error(
    `could not claim a stack name: ${base} to ${base}-${mostNames} are all in use. Wait for one to end`,
  );
}
