import { spawn, type ChildProcess } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { compiled } from './package-root.js';
import { identify, type ProcessIdentity } from './process-identity.js';

/** Sees to it that no child outlives this process, even when this process is killed outright. */
export interface Guard {
  /** Call right after spawning. The child should lead its own process group (`detached: true`): all of it is killed. */
  add(pid: number): void;
  /** Call when the child has ended. */
  remove(pid: number): void;
  /** Kills what is still guarded and ends the guardian. */
  close(): void;
}

/** Starts the guardian process. With `recordFile` the guarded processes are also listed there, as JSON, for
 *  `sweepDeadStack`: the net under the net, should the guardian be killed together with this process. */
export function startGuard(recordFile?: string): Guard {
  const guarded = new Map<number, ProcessIdentity>();
  let closed = false;
  let guardian = spawnGuardian();

  function spawnGuardian(): ChildProcess {
    // Its own session: a Ctrl-C or a kill of our process group must not take the guardian along.
    const child = spawn(process.execPath, [compiled('deploy/local/guardian.js')], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      env: {},
    });
    child.stdin.on('error', () => undefined); // it died: the exit handler starts another
    const startedAt = Date.now();
    child.on('exit', () => {
      // One that ends as soon as it starts would do so again: the list in `recordFile` must do.
      if (closed || Date.now() - startedAt < 1_000) return;
      guardian = spawnGuardian();
      for (const pid of guarded.keys()) tell(`+${pid}`);
    });
    child.unref();
    return child;
  }

  function tell(line: string): void {
    guardian.stdin?.write(`${line}\n`);
  }

  function record(): void {
    if (recordFile === undefined) return;
    writeFileSync(`${recordFile}.tmp`, JSON.stringify([...guarded.values()]));
    renameSync(`${recordFile}.tmp`, recordFile);
  }

  return {
    add(pid) {
      const identity = identify(pid);
      if (identity === null) return; // already over
      guarded.set(pid, identity);
      tell(`+${pid}`);
      record();
    },
    remove(pid) {
      if (!guarded.delete(pid)) return;
      tell(`-${pid}`);
      record();
    },
    close() {
      closed = true;
      guardian.stdin?.end();
    },
  };
}
