import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { constants } from 'node:os';
import { openLog } from './log-file.js';

export interface ProcessLaunch {
  readonly program: string;
  readonly args: readonly string[];
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly logFile: string;
}

export interface ContainerProcess {
  readonly pid: number;
  /** Monotonic, milliseconds. */
  readonly startedAt: number;
  /** Resolves with the exit code (128 + number for a signal) when the process and what it started are gone. */
  readonly exited: Promise<number>;
  /** To the process alone, as a container runtime signals process 1. */
  readonly signal: (name: NodeJS.Signals) => void;
  /** To all of it. */
  readonly kill: () => void;
}

/** Starts a process as leader of its own session. @throws Error when the program cannot be started. */
export async function startProcess(launch: ProcessLaunch): Promise<ContainerProcess> {
  const log = openLog(launch.logFile);
  const child = spawn(launch.program, launch.args, {
    cwd: launch.cwd,
    env: launch.env,
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const exited = new Promise<number>((resolve) => {
    child.once('exit', (code, signal) => {
      killGroup(child.pid);
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
  const pid = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => {
      resolve(child.pid as number);
    });
  });
  return {
    pid,
    startedAt: performance.now(),
    exited,
    signal: (name) => void child.kill(name),
    kill: () => {
      killGroup(pid);
    },
  };
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing left of it.
  }
}
