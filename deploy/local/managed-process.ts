import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Guard } from './guard.js';

export interface ProcessSpec {
  /** What messages and the log file call it. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** To run as another user than ours. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  readonly logFile: string;
  /** Polled after every start until true. */
  readonly ready: () => Promise<boolean>;
  readonly readyWithinMs: number;
  /** SIGTERM unless the program means something else by it. */
  readonly stopSignal?: NodeJS.Signals;
  /** From the stop signal to SIGKILL. */
  readonly graceMs?: number;
}

export type ProcessState = 'stopped' | 'starting' | 'ready' | 'restarting';

export interface ProcessStatus {
  readonly name: string;
  readonly state: ProcessState;
  readonly pid: number | null;
  /** How often it ended by itself and was started again. */
  readonly restarts: number;
}

const pollMs = 50;
const firstBackOffMs = 100;
const longestBackOffMs = 5_000;
/** A process that ran this long is taken for healthy: the next crash starts again with the shortest back-off. */
const healthyAfterMs = 10_000;

/** A child process that is started until ready, kept running, and stopped for good. */
export class ManagedProcess {
  readonly name: string;
  private child: ChildProcess | null = null;
  private state: ProcessState = 'stopped';
  private restarts = 0;
  private backOffMs = 0;
  private startedAt = 0;

  constructor(
    private readonly spec: ProcessSpec,
    private readonly guard: Guard,
  ) {
    this.name = spec.name;
  }

  status(): ProcessStatus {
    const { name, state, restarts } = this;
    return { name, state, pid: this.child?.pid ?? null, restarts };
  }

  /** Resolves when the process is ready. @throws Error naming it, with the tail of its log, when it is not in time. */
  async start(): Promise<void> {
    if (this.state !== 'stopped') return;
    this.state = 'starting';
    this.spawn('w');
    try {
      await this.untilReady();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Asks it to stop, waits for the grace period, then kills it. Resolves when it is gone. */
  async stop(): Promise<void> {
    this.state = 'stopped';
    const child = this.child;
    if (child === null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve).once('error', resolve));
    signal(child, this.spec.stopSignal ?? 'SIGTERM');
    const grace = setTimeout(() => {
      signal(child, 'SIGKILL');
    }, this.spec.graceMs ?? 5_000);
    await gone;
    clearTimeout(grace);
  }

  /** Sends a signal as an outsider would: when the process dies of it, it is started again. */
  kill(name: NodeJS.Signals): void {
    if (this.child !== null) signal(this.child, name);
  }

  /** Resolves when a start or restart under way has ended well. @throws like `start`. */
  async untilReady(): Promise<void> {
    const { name, ready, readyWithinMs } = this.spec;
    const deadline = Date.now() + readyWithinMs;
    while (this.state !== 'ready') {
      if (this.state === 'stopped') {
        throw new Error(`could not start process ${name}: it was stopped`);
      }
      if (this.state === 'starting' && this.child === null) {
        throw new Error(`could not start process ${name}: it ended at once.${await this.tail()}`);
      }
      if (Date.now() > deadline) {
        throw new Error(
          `could not start process ${name}: not ready after ${Math.round(readyWithinMs / 1000)} s.${await this.tail()}`,
        );
      }
      const asked = this.child;
      const answer = asked !== null && (await ready().catch(() => false));
      if (answer && asked === this.child) this.state = 'ready';
      else await sleep(pollMs);
    }
  }

  private spawn(logMode: 'w' | 'a'): void {
    const { command, args, env, cwd, user, logFile } = this.spec;
    const log = openSync(logFile, logMode, 0o600);
    const child = spawn(command, args, {
      cwd,
      env,
      ...user,
      // A group of its own: Ctrl-C reaches the supervisor alone, which stops things in order.
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.child = child;
    this.startedAt = Date.now();
    const ended = (): void => {
      if (this.child !== child) return;
      this.child = null;
      if (child.pid !== undefined) {
        signal(child, 'SIGKILL'); // whatever is left of its group
        this.guard.remove(child.pid);
      }
      if (this.state === 'ready' || this.state === 'restarting') void this.restart();
    };
    child.once('error', ended); // could not even be spawned
    child.once('exit', ended);
    if (child.pid !== undefined) this.guard.add(child.pid);
  }

  private async restart(): Promise<void> {
    this.state = 'restarting';
    this.restarts += 1;
    if (Date.now() - this.startedAt > healthyAfterMs) this.backOffMs = 0;
    await sleep(this.backOffMs);
    this.backOffMs = Math.min(longestBackOffMs, Math.max(firstBackOffMs, this.backOffMs * 2));
    // Stopped, or started again by hand, while we waited.
    if (this.status().state !== 'restarting' || this.child !== null) return;
    this.spawn('a');
    // Not ready in time: it is left running, `status` says so, and a crash brings us here again.
    await this.untilReady().catch(() => undefined);
  }

  private async tail(): Promise<string> {
    const log = await readFile(this.spec.logFile, 'utf8').catch(() => '');
    const lines = log.trimEnd().split('\n').slice(-15);
    return `\nThe end of its log (${this.spec.logFile}):\n${lines.map((line) => `  ${line.slice(0, 400)}`).join('\n')}`;
  }
}

/** To the whole process group of a child. */
function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, name);
  } catch {
    // Nothing left of it.
  }
}
